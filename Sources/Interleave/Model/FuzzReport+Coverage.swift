extension FuzzReport {
  /// Which steps of different tasks were seen in both orders, and which in one only.
  ///
  /// A pair is two places in code at which steps of two tasks went on, one after the other, on one
  /// actor, and which could have run in the other order: neither task made the other go on, and
  /// neither step had to wait for the other to leave the actor. That is the relation by which a
  /// proof turns pairs of steps round (<doc:Proofs>), and it is judged in runs that this relation
  /// covers: with whole steps, and nothing out of the run's control. A pair counts once, on however
  /// many actors and between however many tasks. It is in both orders once one order was seen on an
  /// actor in one run, and the other on an actor in that run or another, whatever ran between.
  ///
  /// Not all schedules are looked at, since that would take time: ``schedules`` says how many were.
  /// In the others, a pair that is told as seen in one order only may have run in the other. Two
  /// tasks at the same place are no pair, nor are steps outside of actors, and places that no run
  /// has reached are part of no pair at all.
  public struct OrderCoverage: Codable, Sendable, Hashable {
    /// Two functions whose steps ran in one order only.
    public struct Order: Codable, Sendable, Hashable {
      /// The function whose step ran first, and the line at which that went on.
      public var first: String
      /// The function whose step ran later, and the line at which that went on.
      public var second: String

      /// Makes one of its parts.
      public init(first: String, second: String) {
        self.first = first
        self.second = second
      }
    }

    /// How many pairs of places there are at which steps met.
    public var pairs: Int
    /// How many of these were seen in both orders.
    public var inBothOrders: Int
    /// How many schedules were looked at.
    public var schedules: Int
    /// Of the others, those that can be named, in the order that was seen; at most
    /// ``mostOrders``.
    public var inOneOrder: [Order]

    /// More orders are not named.
    public static let mostOrders = 10

    /// Makes one of its parts.
    public init(pairs: Int, inBothOrders: Int, schedules: Int, inOneOrder: [Order] = []) {
      self.pairs = pairs
      self.inBothOrders = inBothOrders
      self.schedules = schedules
      self.inOneOrder = inOneOrder
    }
  }
}

extension FuzzReport.OrderCoverage {
  func pack(into packet: inout Packet) {
    packet.put(all: [pairs, inBothOrders, schedules])
    packet.put(inOneOrder.map(\.first))
    packet.put(inOneOrder.map(\.second))
  }

  init(from packet: inout Packet) {
    let numbers: [Int] = packet.takeAll()
    self.init(
      pairs: numbers[0], inBothOrders: numbers[1], schedules: numbers[2],
      inOneOrder: zip(packet.takeTexts(), packet.takeTexts()).map { Order(first: $0, second: $1) })
  }
}

extension FuzzReport.OrderCoverage: CustomStringConvertible {
  /// So many orders are told in words.
  private static let mostTold = 3

  public var description: String { words }

  /// What was covered, in a line.
  var words: String {
    let count =
      "\(grouped(inBothOrders)) of \(counted(pairs, "pair")) of steps that met on an actor"
    let head =
      "orders: \(count) \(pairs == 1 ? "was" : "were") seen in both orders, in "
      + "\(counted(schedules, "schedule")) that were looked at"
    guard !inOneOrder.isEmpty else { return head }
    let told = inOneOrder.prefix(Self.mostTold).map { "\($0.first) before \($0.second)" }
    let rest = pairs - inBothOrders - told.count
    return "\(head); in one order only: \(told.joined(separator: ", "))"
      + (rest > 0 ? ", and \(grouped(rest)) more" : "")
  }
}
