import InterleaveEngine

extension FuzzConfiguration {
  /// Something that runs leave alone on purpose: it works for them as natively, beside them.
  ///
  /// ```swift
  /// @Test(.fuzzed(native: [.queue("com.example.camera"), .module("NIOPosix")]))
  /// ```
  ///
  /// It is waited for like all that is outside of a run's control. But it is no accident: it is
  /// told as a partner and not as an escape, without a warning, and where a run depends on when it
  /// does what, no blame falls on the test.
  public struct NativePartner: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      case executor, queue, module
    }

    let kind: Kind
    let name: String

    /// The executors of one type, which is the program's own: their jobs are handed to them, and
    /// run when and where they run them.
    ///
    /// - Parameter type: The type of the executor, and not of its actors.
    public static func executor(_ type: any Executor.Type) -> NativePartner {
      NativePartner(kind: .executor, name: String(reflecting: type))
    }

    /// The same by the name of the type, with its module or without.
    public static func executor(named name: String) -> NativePartner {
      NativePartner(kind: .executor, name: name)
    }

    /// The dispatch queues with a label: what they are handed runs when libdispatch runs it.
    public static func queue(_ label: String) -> NativePartner {
      NativePartner(kind: .queue, name: label)
    }

    /// The code of a Swift module: what that hands to queues.
    public static func module(_ name: String) -> NativePartner {
      NativePartner(kind: .module, name: name)
    }
  }
}

extension Natives {
  init(_ partners: [FuzzConfiguration.NativePartner]) {
    self.init()
    var modules: Set<String> = []
    for partner in partners {
      switch partner.kind {
      case .executor: executors.insert(partner.name)
      case .queue: queues.insert(partner.name)
      case .module: modules.insert(partner.name)
      }
    }
    guard !modules.isEmpty else { return }
    isCode = { [modules] address in
      !modules.isDisjoint(with: Symbolicator.shared.modules(of: .start(address)))
    }
  }
}
