/// A device whose transitions are states of their own, with the task that brings them to their end.
///
/// Whoever calls in the middle of one waits for it, and then looks again. The task belongs to the
/// device and not to the caller, so a caller who gives up leaves no transition half done.
actor MendedPeripheral: Device {
  private enum State {
    case disconnected
    case connecting(Task<Void, Never>)
    case connected(link: Int)
    case disconnecting(Task<Void, Never>)
  }

  private var state = State.disconnected
  private let radio: Radio

  init(radio: Radio) {
    self.radio = radio
  }

  func connect() async {
    while true {
      switch state {
      case .connected: return
      case .connecting(let transition): return await transition.value
      case .disconnecting(let transition): await transition.value
      case .disconnected: state = .connecting(Task { await open() })
      }
    }
  }

  func disconnect() async {
    while true {
      switch state {
      case .disconnected: return
      case .disconnecting(let transition): return await transition.value
      case .connecting(let transition): await transition.value
      case .connected(let link): state = .disconnecting(Task { await close(link) })
      }
    }
  }

  private func open() async {
    state = .connected(link: await radio.openLink())
  }

  private func close(_ link: Int) async {
    await radio.close(link)
    state = .disconnected
  }
}
