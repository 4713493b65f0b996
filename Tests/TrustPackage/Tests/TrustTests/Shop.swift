import Interleave
import Testing

actor Log {
  private(set) var entries = 0

  func append() { entries += 1 }
}

/// Looks at the shelf, writes to the log, and only then takes an item, unless it is mended.
actor Shop {
  private var shelf = [7]
  private let isMended: Bool
  private let log = Log()
  private let take: @Sendable (inout [Int]) -> Void

  init(isMended: Bool = false, _ take: @escaping @Sendable (inout [Int]) -> Void) {
    self.isMended = isMended
    self.take = take
  }

  func sell() async {
    guard !shelf.isEmpty else { return }
    if isMended { take(&shelf) }
    await log.append()
    if !isMended { take(&shelf) }
  }

  var items: Int { shelf.count }
}

/// Two customers buy the last item.
///
/// - Parameter take: Takes an item from the shelf, on which there may be none.
func sellTwice(_ take: @escaping @Sendable (inout [Int]) -> Void) async {
  let shop = Shop(take)
  async let first: Void = shop.sell()
  async let second: Void = shop.sell()
  _ = await (first, second)
}

extension Trait where Self == FuzzTrait {
  /// The same schedules in each process, and a step that hangs is soon stopped.
  static var alike: FuzzTrait {
    var configuration = FuzzConfiguration()
    configuration.schedules = 60
    configuration.seed = 3
    return .fuzzed(configuration)
  }

  static var soonStopped: FuzzTrait {
    var configuration = FuzzConfiguration()
    configuration.schedules = 60
    configuration.seed = 3
    configuration.hangLimit = .milliseconds(100)
    return .fuzzed(configuration)
  }
}
