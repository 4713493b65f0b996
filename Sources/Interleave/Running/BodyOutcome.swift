import InterleaveEngine

/// What a run's body returned, as it prints.
struct BodyOutcome: Sendable {
  /// A hash of the text.
  var hash: UInt64
  var text: String

  /// The longest text by which values are told from each other; also what is told of them.
  private static let limit = 200

  init(_ value: Any) {
    var printer = ValuePrinter(limit: Self.limit)
    let whole = printer.print(value)
    let isWhole = whole.utf8.count <= Self.limit
    text = isWhole ? whole : "\(whole.prefix(Self.limit - 3))..."
    var hash = StableHash()
    hash.combine(text)
    // What was left out tells values from each other, too.
    if !isWhole { hash.combine(printer.mark) }
    self.hash = hash.value
  }
}

/// How often bodies returned what, in the order in which that came about first.
struct OutcomeCounts: Sendable {
  private var seen: [UInt64: (count: Int, first: Int)] = [:]
  /// More came about than are told from each other.
  private(set) var isCut = false

  /// So many values are told from each other.
  static let most = 1_000

  /// Counts what a schedule came to.
  ///
  /// - Parameters:
  ///   - outcome: The hash of what the body returned; 0 where it did not.
  ///   - schedule: The number of the schedule, from 1 on.
  mutating func count(_ outcome: UInt64, inSchedule schedule: Int) {
    guard outcome != 0 else { return }
    if let known = seen[outcome] {
      seen[outcome] = (known.count + 1, known.first)
    } else if seen.count < Self.most {
      seen[outcome] = (1, schedule)
    } else {
      isCut = true
    }
  }

  /// Adds what later schedules have come to.
  ///
  /// - Parameter schedules: How many there were before them.
  mutating func merge(_ other: OutcomeCounts, after schedules: Int) {
    isCut = isCut || other.isCut
    for (outcome, later) in other.seen.sorted(by: { $0.value.first < $1.value.first }) {
      if let known = seen[outcome] {
        seen[outcome] = (known.count + later.count, known.first)
      } else if seen.count < Self.most {
        seen[outcome] = (later.count, schedules + later.first)
      } else {
        isCut = true
      }
    }
  }

  /// The table, what came about most often first.
  func table(_ texts: [UInt64: String]) -> [FuzzReport.Outcome] {
    seen.map { outcome, seen in
      FuzzReport.Outcome(
        value: texts[outcome] ?? "", count: seen.count, firstSchedule: seen.first)
    }.sorted { ($1.count, $0.firstSchedule) < ($0.count, $1.firstSchedule) }
  }

  var warning: String? {
    isCut
      ? "the body returned more than \(grouped(Self.most)) different values; only the first of them "
        + "were counted: let it return what matters of them"
      : nil
  }

  func pack(into packet: inout Packet) {
    let outcomes = seen.keys.sorted()
    packet.put(all: outcomes)
    packet.put(all: outcomes.map { seen[$0]?.count ?? 0 })
    packet.put(all: outcomes.map { seen[$0]?.first ?? 0 })
    packet.put(isCut)
  }

  init() {}

  init(from packet: inout Packet) {
    let outcomes: [UInt64] = packet.takeAll()
    let (counts, firsts): ([Int], [Int]) = (packet.takeAll(), packet.takeAll())
    for (index, outcome) in outcomes.enumerated() {
      seen[outcome] = (counts[index], firsts[index])
    }
    isCut = packet.take()
  }
}
