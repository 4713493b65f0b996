import InterleaveEngine

extension SeenEscape {
  /// What left the run's control, and where.
  var words: String {
    let what =
      switch escape.kind {
      case .unknownJob: "a job was handed to a native executor"
      case .foreignThread: "a task was resumed by, or ran on, a thread of its own"
      case .dispatch: "work was handed to libdispatch"
      case .thread: "a thread was started"
      case .process: "a process was started"
      case .io: "a socket or a pipe was read"
      }
    let goesOn = Self.place(of: [escape.site] + callers)
    let origin = Self.place(of: origin)
    guard !origin.isEmpty else { return what + goesOn }
    return "\(what), which came from\(origin.dropFirst(3))"
      + (goesOn.isEmpty || goesOn == origin ? "" : ", to go on\(goesOn)")
  }

  /// ` in f() (File.swift:3)` of the first of some addresses that is the user's own code;
  /// empty where nothing is known.
  private static func place(of addresses: [UInt]) -> String {
    let frames = addresses.filter { $0 != 0 }.map { CodeAddress.afterCall($0) }
    let codes = Symbolicator.shared.places(of: frames)
    // The innermost frame may be the runtime's: the user's own is what helps.
    guard let code = codes.first(where: { $0.place != nil }) ?? codes.first else { return "" }
    return (code.function.isEmpty ? "" : " in \(code.function)")
      + (code.place.map { " (\($0))" } ?? "")
  }
}
