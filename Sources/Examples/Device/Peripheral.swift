/// A device as it is first written: a state machine that may be re-entered in the middle of a
/// transition.
///
/// Actors are re-entrant: while `disconnect` waits for the radio, others may call `disconnect` and
/// `connect`.
///
/// - Two calls of `disconnect` both find the link open, and both close it. Radios number their links
///   anew, so in the field the second call closed the link of another device.
/// - `disconnect` knows nothing of a link that is on its way. It says that the device is
///   disconnected, the next `connect` opens a second link, and the first is never closed.
actor Peripheral: Device {
  private enum State {
    case disconnected
    case connecting
    case connected(link: Int)
  }

  private var state = State.disconnected
  private let radio: Radio

  init(radio: Radio) {
    self.radio = radio
  }

  func connect() async {
    guard case .disconnected = state else { return }
    state = .connecting
    state = .connected(link: await radio.openLink())
  }

  func disconnect() async {
    if case .connected(let link) = state { await radio.close(link) }
    state = .disconnected
  }
}
