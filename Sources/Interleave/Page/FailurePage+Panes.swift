extension FailurePage {
  /// What is told of a step, and what the controls do.
  static let scriptOfPanes = #"""
    function link(step) {
      const button = element('button', 'step', 'step ' + step);
      button.type = 'button';
      button.addEventListener('click', () => select(step));
      return button;
    }

    function showHead() {
      const title = byId('title');
      title.append(element('bdi', '', data.test ? data.test + ': ' : ''), element('span', 'kind', data.headline));
      if (data.location) byId('where').append(element('bdi', 'code', data.location.file + ':' + data.location.line));
      byId('message').textContent = data.message +
        (data.callStack.length > 1 ? '\n' + data.callStack.map(call => '* ' + call).join('\n') : '');
      const story = byId('story');
      const say = (text, steps, kind) => {
        const line = element('p', kind || '');
        line.append(element('bdi', '', text), ' ');
        for (const step of steps) line.append(link(step), ' ');
        story.append(line);
      };
      for (const generated of data.inputs.concat(data.operations)) say(generated, [], 'code dim');
      for (const collision of data.collisions) {
        say(collision.words, collision.steps);
        if (collision.experiment) say(collision.experiment, [], 'shown');
      }
      if (data.vain) say(data.vain, []);
      for (const deviation of data.deviations) say(deviation.words, [deviation.step], 'dim');
      story.hidden = !story.childElementCount;
    }

    function showWords(step) {
      byId('stepTitle').textContent = 'Step ' + state.step + ' of ' + count;
      const box = byId('stepWords');
      box.replaceChildren();
      const say = (kind, text) => {
        const line = element('div');
        line.append(element('bdi', kind, text));
        box.append(line);
        return line;
      };
      const name = taskNames.get(step.task);
      say('', 'task ' + step.task + (name ? ' (' + name + ')' : '') + (step.actor ? ' on ' + step.actor : ''));
      say('at', step.function);
      if (step.place) say('code', step.place.name + (step.isExactPlace ? '' : ' (the nearest line)'));
      for (const event of step.events) say('events', event.words);
      for (const note of step.notes) say('dim', note);
      for (const remark of step.remarks) say('remarks', remark);
      if (state.step === failing) say('fails', 'fails here');
      say('dim', step.enabled > 1 ? step.enabled + ' steps could run' : 'nothing else could run');
      if (step.time) say('dim', 'after ' + step.time / 1e6 + ' ms of virtual time');
      if (step.madeReadyBy) say('dim', 'made ready by ').append(link(step.madeReadyBy));
    }

    function showSource(step) {
      const box = byId('source');
      box.replaceChildren();
      const lines = step.place && data.sources[step.place.file];
      if (!lines) { box.append(element('p', 'dim', 'No line of the source is known.')); return; }
      for (let line = step.place.line - 4; line <= step.place.line + 4; line++) {
        if (lines[line] === undefined) continue;
        const row = element('div', 'line code' + (line === step.place.line ? ' here' : ''));
        row.append(element('span', '', line), element('bdi', '', lines[line]));
        box.append(row);
      }
    }

    // Both values, with what they have in common at both ends in plain.
    function difference(before, after) {
      const most = Math.min(before.length, after.length);
      let start = 0, end = 0;
      while (start < most && before[start] === after[start]) start++;
      while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
      const around = text => text.length > 60 ? text.slice(0, 25) + '\u2026' + text.slice(-25) : text;
      const box = element('bdi', 'code');
      box.append(around(before.slice(0, start)), element('del', '', before.slice(start, before.length - end)),
        ' \u2192 ', element('ins', '', after.slice(start, after.length - end)), around(after.slice(after.length - end)));
      return box;
    }

    function showState() {
      const box = byId('state');
      box.replaceChildren();
      if (!properties.size) { box.append(element('p', 'dim', 'No step changed an actor that it ran on.')); return; }
      const table = element('table');
      for (const property of properties.values()) {
        const change = lastChange(property, state.step - 1);
        const isNow = change && change.index === state.step - 1;
        const row = element('tr', isNow ? 'changed' : ''), value = element('td');
        const head = element('th');
        head.scope = 'row';
        head.append(element('bdi', '', property.actor + '.' + property.name));
        if (isNow) value.append(difference(change.before, change.after));
        else value.append(element('bdi', 'code', change ? change.after : property.changes[0].before));
        row.append(head, value);
        table.append(row);
      }
      box.append(table);
    }

    const kinds = { undisturbed: 'with nothing between', overtaken: 'with what came between before it',
      reversed: 'with these two in the other order', ahead: 'with the second task first',
      without: 'in the ordinary order here' };
    function showOrders() {
      const box = byId('orders');
      box.replaceChildren();
      const deviation = deviations.get(state.step);
      if (deviation) {
        const line = element('p');
        line.append(element('bdi', '', deviation.words));
        box.append(line);
      }
      for (const experiment of data.experiments.filter(e => e.steps.includes(state.step))) {
        const line = element('p'), runs = experiment.passed + experiment.failed;
        const passes = experiment.failed === 0;
        for (const step of experiment.steps) line.append(link(step), ' ');
        line.append(kinds[experiment.kind] + ': ', element('span', passes ? 'passed' : 'failed',
          passes ? 'passes, ' + experiment.passed + ' of ' + runs + ' runs' : 'fails as well, ' + experiment.failed + ' of ' + runs + ' runs'));
        box.append(line);
      }
      const chance = data.chances.find(c => c.afterStep === state.step);
      if (chance) box.append(element('p', chance.failed > chance.passed ? 'failed' : 'passed',
        'Going on at random from here, ' + chance.failed + ' of ' + (chance.failed + chance.passed) + ' runs fail.'));
      if (!box.childElementCount) box.append(element('p', 'dim', 'No other order was tried here.'));
    }

    // The nearest run that passes, beside the one that fails.
    function showPassing() {
      const section = byId('passing');
      section.hidden = !data.passing;
      if (!data.passing) return;
      const first = data.passing.firstDifference, table = element('table');
      const head = element('tr');
      for (const name of ['', 'fails', 'passes']) head.append(element('th', 'dim', name));
      table.append(head);
      const cell = step => {
        const made = element('td');
        if (!step) return made;
        made.append(element('bdi', 'code', 'task ' + step.task + '  ' + (step.place ? step.place.name : '')),
          ' ', element('bdi', '', step.function));
        for (const c of step.changes) made.append(' ', element('bdi', 'changes code',
          c.property + ' ' + c.before + ' \u2192 ' + c.after));
        return made;
      };
      for (let index = first - 1; index < Math.min(first + 39, Math.max(count, first - 1 + data.passing.steps.length)); index++) {
        const row = element('tr');
        row.append(element('td', 'dim', index + 1), cell(steps[index]), cell(data.passing.steps[index - first + 1]));
        table.append(row);
      }
      section.append(element('p', 'dim', 'The same up to step ' + (first - 1) + '.'), table);
    }

    let told;
    function show() {
      if (!count) return;
      const step = steps[state.step - 1];
      byId('slider').value = state.step;
      byId('position').textContent = state.step + ' of ' + count;
      showWords(step);
      showSource(step);
      showState();
      showOrders();
      byId('live').textContent = 'Step ' + state.step + ', ' + words[state.step - 1].slice(0, 300);
      const fragment = '#step=' + state.step + '&lanes=' + state.lanes + (state.past ? '&past' : '');
      // Browsers refuse to be told too often.
      clearTimeout(told);
      told = setTimeout(() => {
        if (location.hash !== fragment) history.replaceState(null, '', fragment);
      }, 150);
    }

    function readFragment() {
      const fields = new URLSearchParams(location.hash.slice(1));
      if (fields.get('lanes') === 'actor' || fields.get('lanes') === 'task') state.lanes = fields.get('lanes');
      if (fields.has('past') && past) state.past = true;
      const step = Number(fields.get('step'));
      if (Number.isInteger(step) && step >= 1 && step <= count) state.step = step;
      byId('lanes').value = state.lanes;
      byId('past').checked = state.past;
    }

    const keys = { ArrowDown: () => move(1), ArrowRight: () => move(1), ArrowUp: () => move(-1),
      ArrowLeft: () => move(-1), PageDown: () => move(20), PageUp: () => move(-20),
      Home: () => move(-count), End: () => move(count) };
    function begin() {
      showHead();
      showHistory();
      showPassing();
      byId('text').open = false;
      if (!count) return;
      byId('app').hidden = false;
      byId('slider').max = count;
      byId('past').disabled = !past;
      readFragment();
      layOut();
      select(state.step);
      diagram.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
      addEventListener('resize', layOut);
      addEventListener('hashchange', () => { readFragment(); layOut(); select(state.step); });
      document.addEventListener('keydown', event => {
        const isField = event.target.closest('input, select, button, summary');
        if (!keys[event.key] || isField || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        keys[event.key]();
      });
      byId('slider').addEventListener('input', event => select(Number(event.target.value)));
      byId('first').addEventListener('click', () => move(-count));
      byId('back').addEventListener('click', () => move(-1));
      byId('next').addEventListener('click', () => move(1));
      byId('last').addEventListener('click', () => move(count));
      byId('lanes').addEventListener('change', event => {
        state.lanes = event.target.value; layOut(); select(state.step); });
      byId('past').addEventListener('change', event => {
        state.past = event.target.checked; layOut();
        if (isShown(state.step - 1)) select(state.step); else move(0); });
      byId('theme').addEventListener('change', event => {
        if (event.target.value === 'auto') delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = event.target.value; });
      byId('search').addEventListener('submit', event => {
        event.preventDefault();
        const query = byId('query').value.trim();
        const result = query ? search(query, state.step - 1) : { hits: [], next: -1 };
        state.hits = result.hits;
        byId('found').textContent = query ? result.hits.length + (result.hits.length === 1 ? ' step' : ' steps') : '';
        if (result.next >= 0) select(result.next + 1); else draw();
      });
    }
    begin();
    """#
}
