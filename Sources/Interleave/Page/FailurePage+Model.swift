extension FailurePage {
  /// What the page knows of the run, by step.
  static let scriptOfModel = #"""
    'use strict';
    const data = JSON.parse(document.getElementById('failure').textContent);
    const steps = data.steps, count = steps.length;
    const byId = id => document.getElementById(id);
    // What turns the direction of the text around is shown, and does not.
    function seen(text) {
      return String(text).replace(/[\u202A-\u202E\u2066-\u2069]/g,
        sign => '\\u{' + sign.codePointAt(0).toString(16) + '}');
    }
    function element(name, className, text) {
      const made = document.createElement(name);
      if (className) made.className = className;
      if (text !== undefined) made.textContent = seen(text);
      return made;
    }
    function svg(name, attributes) {
      const made = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const key in attributes) made.setAttribute(key, attributes[key]);
      return made;
    }
    const past = data.past ? new Set(data.past) : null;
    const deviations = new Map(data.deviations.map(d => [d.step, d]));
    const taskNames = new Map(data.tasks.map(t => [t.path, t.function]));
    const failing = data.failsInLastStep ? count : 0;

    // What each step looks like in words: what is searched, and what is read out.
    const words = steps.map(step => {
      const parts = ['task ' + step.task, step.function];
      if (step.place) parts.push(step.place.name);
      if (step.actor) parts.push('on ' + step.actor);
      for (const c of step.changes) parts.push(c.property + ' ' + c.before + ' to ' + c.after);
      for (const e of step.events) parts.push(e.words);
      return parts.concat(step.notes, step.remarks).join(', ');
    });
    const searched = words.map(text => text.toLowerCase());

    // Each object's properties, with the steps that changed them.
    const properties = new Map();
    steps.forEach((step, index) => {
      for (const change of step.changes) {
        const key = step.actor + '\u0000' + change.property;
        if (!properties.has(key))
          properties.set(key, { actor: step.actor, name: change.property, changes: [] });
        properties.get(key).changes.push({ index, before: change.before, after: change.after });
      }
    });
    // The last change up to a step; undefined where there was none.
    function lastChange(property, index) {
      let low = 0, high = property.changes.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (property.changes[middle].index <= index) low = middle + 1; else high = middle;
      }
      return property.changes[low - 1];
    }

    // The lanes, in the order in which they first ran a step.
    function laneNames(kind) {
      const names = new Map();
      for (const step of steps) {
        const name = laneOf(step, kind);
        if (!names.has(name)) names.set(name, names.size);
      }
      if (kind === 'actor') return names;
      const sorted = [...names.keys()].sort((a, b) => {
        const one = a.split('.').map(Number), other = b.split('.').map(Number);
        for (let n = 0; n < Math.min(one.length, other.length); n++)
          if (one[n] !== other[n]) return one[n] - other[n];
        return one.length - other.length;
      });
      return new Map(sorted.map((name, n) => [name, n]));
    }
    function laneOf(step, kind) { return kind === 'task' ? step.task : step.actor || 'no actor'; }

    // Arrows: what made a step ready, and the way of each task from step to step.
    const arrows = [];
    const lastOfTask = new Map();
    steps.forEach((step, index) => {
      const before = lastOfTask.get(step.task);
      if (before !== undefined) arrows.push({ from: before, to: index, kind: 'way' });
      const cause = step.madeReadyBy;
      if (cause && steps[cause - 1] && steps[cause - 1].task !== step.task)
        arrows.push({ from: cause - 1, to: index, kind: step.reason === 'created' ? 'made' : 'woke' });
      lastOfTask.set(step.task, index);
    });

    // A query: words that a step has all of; `a after b`: such a step after one of the others.
    function search(query, start) {
      const parts = query.toLowerCase().split(/\s+after\s+/);
      const has = (index, part) =>
        part.split(/\s+/).every(word => !word || searched[index].includes(word));
      const wanted = parts[0], earlier = parts[1];
      let first = -1;
      if (earlier !== undefined) {
        first = steps.findIndex((_, index) => has(index, earlier));
        if (first < 0) return { hits: [], next: -1 };
      }
      const hits = [];
      for (let index = first + 1; index < count; index++) if (has(index, wanted)) hits.push(index);
      const next = hits.find(hit => hit > start);
      return { hits, next: next !== undefined ? next : hits.length ? hits[0] : -1 };
    }
    """#
}
