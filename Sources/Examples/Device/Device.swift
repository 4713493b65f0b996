/// The air between a phone and its devices: links are opened and closed, and each of them costs.
actor Radio {
  private(set) var open: Set<Int> = []
  /// How often each link was closed.
  private(set) var closings: [Int: Int] = [:]
  private var opened = 0

  func openLink() -> Int {
    opened += 1
    open.insert(opened)
    return opened
  }

  func close(_ link: Int) {
    closings[link, default: 0] += 1
    open.remove(link)
  }
}

/// A device that is connected or not, or on its way from one to the other.
protocol Device: Actor {
  init(radio: Radio)
  /// Connects, unless that is done or under way.
  func connect() async
  /// Disconnects, unless that is done or under way.
  func disconnect() async
}
