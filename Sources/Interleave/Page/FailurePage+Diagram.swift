extension FailurePage {
  /// The diagram, of which only what is in sight is drawn, and the way through it.
  static let scriptOfDiagram = #"""
    const height = 26, gutter = 56;
    const state = { step: Math.max(count, 1), lanes: 'task', past: false, theme: 'auto', hits: [] };
    let lanes = laneNames('task'), laneNumbers = [], visible = [], spacing = 26;
    // The row of each step; -1 for one that is left out.
    const rowNumbers = new Int32Array(count).fill(-1);
    const isShown = index => rowNumbers[index] >= 0;
    const diagram = byId('diagram'), rows = byId('rows');

    function laneX(index) { return gutter + 12 + laneNumbers[index] * spacing; }
    function colour(index) { return 'var(--l' + laneNumbers[index] % 8 + ')'; }

    function layOut() {
      lanes = laneNames(state.lanes);
      laneNumbers = steps.map(step => lanes.get(laneOf(step, state.lanes)));
      visible = [];
      for (let index = 0; index < count; index++)
        if (!state.past || !past || past.has(index + 1)) visible.push(index);
      rowNumbers.fill(-1);
      visible.forEach((index, row) => { rowNumbers[index] = row; });
      spacing = Math.max(8, Math.min(26, (diagram.clientWidth * 0.45) / Math.max(1, lanes.size)));
      rows.style.height = visible.length * height + 'px';
      const heads = byId('heads');
      heads.replaceChildren();
      if (spacing >= 20) for (const [name, lane] of lanes) {
        const short = state.lanes === 'task' ? name : name.slice(0, Math.max(3, spacing / 7));
        const head = element('span', '', short);
        head.style.left = gutter + 12 + lane * spacing + 'px';
        heads.append(head);
      }
      draw();
    }

    function label(index) {
      const step = steps[index], box = element('span', 'label');
      box.style.left = gutter + 20 + lanes.size * spacing + 'px';
      const add = (kind, text) => {
        if (!text) return;
        const part = element('bdi', kind, text.length > 300 ? text.slice(0, 300) + '\u2026' : text);
        box.append(part);
      };
      add('at code', step.place ? step.place.name : '');
      add('', step.function);
      add('dim', step.actor && state.lanes === 'task' ? 'on ' + step.actor : '');
      for (const c of step.changes) add('changes code', c.property + ' ' + c.before + ' \u2192 ' + c.after);
      for (const e of step.events) add('events', e.words);
      for (const note of step.notes) add('dim', note);
      for (const remark of step.remarks) add('remarks', remark);
      if (index + 1 === failing) add('fails', 'fails here');
      return box;
    }

    // Draws the rows that are in sight, and some beyond.
    function draw() {
      const top = Math.max(0, Math.floor((diagram.scrollTop - 24) / height) - 8);
      const end = Math.min(visible.length, Math.ceil((diagram.scrollTop + diagram.clientHeight) / height) + 8);
      const parts = document.createDocumentFragment();
      const picture = svg('svg', {
        width: gutter + 24 + lanes.size * spacing, height: Math.max(0, end - top) * height,
        'aria-hidden': 'true' });
      picture.style.top = top * height + 'px';
      drawLanes(picture, top, end);
      for (let row = top; row < end; row++) {
        const index = visible[row], made = element('div', 'row');
        made.style.top = row * height + 'px';
        made.id = 'step' + (index + 1);
        made.setAttribute('role', 'option');
        made.setAttribute('aria-selected', index + 1 === state.step);
        made.setAttribute('aria-posinset', row + 1);
        made.setAttribute('aria-setsize', visible.length);
        made.setAttribute('aria-label', 'Step ' + (index + 1) + ', ' + words[index].slice(0, 400));
        if (state.hits.includes(index)) made.classList.add('found');
        made.append(element('span', 'number', index + 1), label(index));
        made.addEventListener('click', () => select(index + 1));
        parts.append(made);
      }
      parts.append(picture);
      rows.replaceChildren(parts);
      if (isShown(state.step - 1)) diagram.setAttribute('aria-activedescendant', 'step' + state.step);
    }

    function drawLanes(picture, top, end) {
      const y = row => (row - top) * height + height / 2;
      for (const arrow of arrows) {
        const from = rowNumbers[arrow.from], to = rowNumbers[arrow.to];
        if (from < 0 || to < top || from >= end) continue;
        const x1 = laneX(arrow.from), x2 = laneX(arrow.to), y1 = y(from), y2 = y(to);
        if (arrow.kind === 'way') {
          picture.append(svg('path', {
            d: 'M' + x1 + ' ' + y1 + 'C' + x1 + ' ' + (y1 + y2) / 2 + ' ' + x2 + ' ' + (y1 + y2) / 2 + ' ' + x2 + ' ' + y2,
            fill: 'none', stroke: colour(arrow.to), 'stroke-width': 2, opacity: 0.45 }));
          continue;
        }
        const near = Math.min(height / 2, (y2 - y1) / 2);
        picture.append(svg('path', {
          d: 'M' + x1 + ' ' + y1 + 'L' + x2 + ' ' + (y1 + near) + 'L' + x2 + ' ' + (y2 - 7),
          fill: 'none', stroke: 'var(--dim)', 'stroke-width': 1.2,
          'stroke-dasharray': arrow.kind === 'made' ? '' : '4 3' }));
        picture.append(svg('path', {
          d: 'M' + (x2 - 3.5) + ' ' + (y2 - 11) + 'L' + x2 + ' ' + (y2 - 5) + 'L' + (x2 + 3.5) + ' ' + (y2 - 11) + 'Z',
          fill: 'var(--dim)' }));
      }
      for (let row = top; row < end; row++) {
        const index = visible[row], fails = index + 1 === failing;
        const deviation = deviations.get(index + 1);
        picture.append(svg('circle', {
          cx: laneX(index), cy: y(row), r: deviation || fails ? 6 : 4.5,
          fill: fails ? 'var(--fail)' : colour(index),
          stroke: deviation ? 'var(--text)' : 'none', 'stroke-width': 1.5 }));
      }
    }

    function select(step, keepsScroll) {
      const wanted = Math.max(1, Math.min(count, step));
      state.step = wanted;
      if (!isShown(wanted - 1)) { state.past = false; byId('past').checked = false; layOut(); }
      if (!keepsScroll) {
        const top = rowNumbers[wanted - 1] * height;
        if (top < diagram.scrollTop + height) diagram.scrollTop = top - height;
        else if (top + 2 * height + 24 > diagram.scrollTop + diagram.clientHeight)
          diagram.scrollTop = top + 2 * height + 24 - diagram.clientHeight;
      }
      draw();
      show();
    }

    // By so many rows that are shown.
    function move(by) {
      const row = Math.max(0, rowNumbers[state.step - 1]);
      const to = Math.max(0, Math.min(visible.length - 1, row + by));
      if (visible.length) select(visible[to] + 1);
    }
    """#
}
