import InterleaveEngine

/// In which orders runs have shown steps of different tasks on actors.
struct OrdersSeen: Sendable {
  /// How many runs were looked at.
  var schedules = 0
  /// The orders, each with whether its places were seen to run in either order.
  var orders: [OrderOfPlaces: Bool] = [:]

  /// Takes over what is not known yet.
  mutating func add(_ other: OrdersSeen) {
    schedules += other.schedules
    orders.merge(other.orders) { $0 || $1 }
  }

  func pack(into packet: inout Packet) {
    packet.put(schedules)
    let sorted = orders.sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }
    packet.put(all: sorted.map(\.key))
    packet.put(all: sorted.map { $0.value ? 1 : 0 })
  }

  init(schedules: Int = 0, orders: [OrderOfPlaces: Bool] = [:]) {
    self.schedules = schedules
    self.orders = orders
  }

  init(from packet: inout Packet) {
    schedules = packet.take()
    let keys: [OrderOfPlaces] = packet.takeAll()
    orders = Dictionary(
      uniqueKeysWithValues: zip(keys, packet.takeAll(Int.self).map { $0 == 1 }))
  }

  /// What that comes to; nil where no two steps were seen that could run in either order.
  var coverage: FuzzReport.OrderCoverage? {
    // Of a pair's two orders, one stands for it.
    let pairs = orders.keys.filter { order in
      (orders[order] == true || orders[order.reversed] == true)
        && (order.first < order.second || orders[order.reversed] == nil)
    }
    guard !pairs.isEmpty else { return nil }
    let single = pairs.filter { orders[$0.reversed] == nil }
    let named = Set(single.compactMap(Self.name)).sorted {
      ($0.first, $0.second) < ($1.first, $1.second)
    }
    return FuzzReport.OrderCoverage(
      pairs: pairs.count, inBothOrders: pairs.count - single.count, schedules: schedules,
      inOneOrder: Array(named.prefix(FuzzReport.OrderCoverage.mostOrders)))
  }

  /// An order by its functions; nil where these are not the program's.
  private static func name(_ order: OrderOfPlaces) -> FuzzReport.OrderCoverage.Order? {
    let first = Symbolicator.shared.place(of: .start(order.first))
    let second = Symbolicator.shared.place(of: .start(order.second))
    guard first.place != nil, second.place != nil else { return nil }
    return .init(first: first.words, second: second.words)
  }
}
