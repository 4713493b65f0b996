import InterleaveEngine

/// The run as a trace that Perfetto and the browsers' own tools open: the content of `trace.json`.
///
/// A track for each task; a step takes as long as any other, since what counts is the order.
struct InterleavingTimeline {
  private let interleaving: Interleaving
  private let names: PlaceNames
  private let test: String

  /// In microseconds: how far one step begins after the other, and how long it takes.
  private static let pace = 10
  private static let length = 9

  init(_ failure: FuzzFailure) {
    interleaving = failure.interleaving.shown
    names = PlaceNames(interleaving)
    test = failure.test
  }

  var json: JSONValue {
    let tasks = Set(interleaving.steps.map(\.name.task)).sorted()
    let tracks = Dictionary(uniqueKeysWithValues: zip(tasks, 1...))
    var events = [name("process_name", track: 0, test)]
    for (task, track) in tracks.sorted(by: { $0.value < $1.value }) {
      let function = interleaving.function(ofTask: task) ?? ""
      events.append(
        name("thread_name", track: track, "task \(task)" + (function.isEmpty ? "" : " \(function)"))
      )
    }
    for index in interleaving.steps.indices {
      let track = tracks[interleaving.steps[index].name.task, default: 0]
      events.append(step(index, track: track))
      guard let cause = interleaving.steps[index].cause,
        let maker = interleaving.steps[safe: cause]?.name.task,
        maker != interleaving.steps[index].name.task
      else { continue }
      events.append(
        flow("s", index, at: cause * Self.pace + Self.length - 1, track: tracks[maker, default: 0]))
      events.append(flow("f", index, at: index * Self.pace, track: track))
    }
    return .object(["traceEvents": .list(events), "displayTimeUnit": .text("ms")])
  }

  private func name(_ what: String, track: Int, _ name: String) -> JSONValue {
    .object([
      "ph": .text("M"), "name": .text(what), "pid": .number(1), "tid": .number(track),
      "args": .object(["name": .text(name)]),
    ])
  }

  private func step(_ index: Int, track: Int) -> JSONValue {
    let step = interleaving.steps[index]
    let words = StepWords(index, of: interleaving, names, .ascii)
    let title = words.function.isEmpty ? words.place : words.function
    return .object([
      "ph": .text("X"), "name": .text(title), "cat": .text("step"), "pid": .number(1),
      "tid": .number(track), "ts": .number(index * Self.pace), "dur": .number(Self.length),
      "args": .object([
        "step": .number(index + 1), "place": .text(words.place), "actor": .text(step.actor),
        "changes": .list(words.changes.map { .clipped($0) }),
        "events": .list(words.events.map { .clipped($0) }),
        "remarks": .list(words.remarks.map { .text($0.rendered(colour: false)) }),
      ]),
    ])
  }

  private func flow(_ phase: String, _ id: Int, at time: Int, track: Int) -> JSONValue {
    .object([
      "ph": .text(phase), "bp": phase == "f" ? .text("e") : nil, "name": .text("makes ready"),
      "cat": .text("flow"), "id": .number(id), "pid": .number(1), "tid": .number(track),
      "ts": .number(time),
    ])
  }
}
