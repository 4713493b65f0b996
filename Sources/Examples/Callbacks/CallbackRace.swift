public import Interleave

/// Something that goes wrong between callbacks, queues and tasks, and its mended twin.
public struct CallbackRace: Sendable, CustomStringConvertible {
  /// What the corpus calls it.
  public let name: String
  /// What must hold.
  public let rule: String
  /// How the race shows.
  public let kind: FuzzFailure.Kind
  public let racy: @Sendable () async throws -> Void
  public let mended: @Sendable () async throws -> Void

  public var description: String { name }

  /// Makes one of its parts.
  ///
  /// - Parameter run: Runs what is mended, or what is not.
  init(
    _ name: String, _ rule: String, _ kind: FuzzFailure.Kind = .thrownError,
    _ run: @escaping @Sendable (_ isMended: Bool) async throws -> Void
  ) {
    self.name = name
    self.rule = rule
    self.kind = kind
    racy = { try await run(false) }
    mended = { try await run(true) }
  }

  /// All of them, in the order in which one meets them when one bridges old code to new.
  public static let all = [
    CallbackRace("delegate", "each request is answered", .lostWakeUp) { isMended in
      await LocationExample.run(isMended: isMended)
    },
    CallbackRace("called-twice", "a completion handler is called once", .crash) { isMended in
      await TimeoutExample.run(isMended: isMended)
    },
    CallbackRace("never-called", "a completion handler is called", .lostWakeUp) { isMended in
      await DownloadExample.run(isMended: isMended)
    },
    CallbackRace("retry", "nothing is sent once the user has given up") { isMended in
      try await RetryExample.run(isMended: isMended)
    },
    CallbackRace("debounce", "what was typed last is saved last") { isMended in
      try await DraftExample.run(isMended: isMended)
    },
    CallbackRace("throttle", "at most one call a second passes") { isMended in
      try await ThrottleExample.run(isMended: isMended)
    },
    CallbackRace("coalescing", "a picture that two views want is fetched once") { isMended in
      try await ThumbnailExample.run(isMended: isMended)
    },
    CallbackRace("observer", "nobody is told anything after it was removed") { isMended in
      try await ObserverExample.run(isMended: isMended)
    },
    CallbackRace("group", "an upload is over once all of its parts are") { isMended in
      try await UploadExample.run(isMended: isMended)
    },
    CallbackRace("progress", "all work that is done counts") { isMended in
      try await ProgressExample.run(isMended: isMended)
    },
  ]
}
