extension FailurePage {
  /// How the calls of a spec are drawn: a lane in each row, and in each call its place in the longest
  /// order that the model explains.
  static let scriptOfHistory = #"""
    function showHistory() {
      const judged = data.history;
      if (!judged) return;
      byId('history').hidden = false;
      const places = new Map(judged.explained.map((call, index) => [call, index + 1]));
      const next = new Map(judged.next.map(n => [n.call, n]));
      const allowed = call => next.get(call).allowed.length
        ? 'the model allows ' + next.get(call).allowed.join(', ')
        : 'the model allows none of the responses in this history';
      // Only the events of these calls take room.
      const events = [...new Set(judged.calls.flatMap(c => c.returned === undefined ? [c.invoked] : [c.invoked, c.returned]))]
        .sort((a, b) => a - b);
      const column = new Map(events.map((event, index) => [event, index + 2]));
      const lanes = [...new Set(judged.calls.map(c => c.lane))].sort((a, b) => a - b);
      const box = byId('calls');
      box.style.gridTemplateColumns = 'max-content repeat(' + events.length + ', minmax(44px, 1fr))';
      lanes.forEach((lane, row) => {
        const head = element('span', 'dim', 'lane ' + lane);
        head.style.gridArea = (row + 1) + ' / 1';
        box.append(head);
      });
      judged.calls.forEach((call, index) => {
        const number = index + 1, place = places.get(number);
        const bar = element('div', 'call code' + (place ? ' explained' : '') + (next.has(number) ? ' misfit' : ''));
        const end = call.returned === undefined ? events.length + 2 : column.get(call.returned) + 1;
        bar.style.gridRow = lanes.indexOf(call.lane) + 1;
        bar.style.gridColumn = column.get(call.invoked) + ' / ' + end;
        const text = call.operation + (call.response === undefined ? ' (pending)' : ' \u2192 ' + call.response);
        if (place) bar.append(element('span', 'place', place));
        bar.append(element('bdi', '', text));
        bar.title = seen(text + (next.has(number) ? ': ' + allowed(number) : ''));
        box.append(bar);
      });
      const order = byId('order'), say = (kind, text) => {
        const line = element('p', kind);
        line.append(element('bdi', '', text));
        order.append(line);
      };
      const named = number => {
        const call = judged.calls[number - 1];
        return call.operation + (call.response === undefined ? ' (pending)' : ' \u2192 ' + call.response) + ' (lane ' + call.lane + ')';
      };
      say('', judged.explained.length ? 'The longest order that the model explains:' : 'The model explains none of them as the first.');
      const list = element('ol');
      for (const call of judged.explained) {
        const item = element('li', 'code');
        item.append(element('bdi', '', named(call)));
        list.append(item);
      }
      if (judged.explained.length) order.append(list);
      say('', 'Then the model is in the state ' + judged.state + ', and next could come:');
      for (const n of judged.next) say('failed', named(n.call) + ': ' + allowed(n.call));
    }
    """#
}
