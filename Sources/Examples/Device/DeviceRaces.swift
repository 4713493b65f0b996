import Interleave

/// What goes wrong in a state machine that may be re-entered.
enum DeviceRaces {
  private static let ghost = "a device that was disconnected has no link open"

  static let all = [
    SystemRace(
      "device", "device-close", "a link is closed once", tasks: 3, steps: 12,
      racy: { try await disconnectTwice(Peripheral.self, $0) },
      mended: { try await disconnectTwice(MendedPeripheral.self, $0) }),
    SystemRace(
      "device", "device-link", "a device has one link", tasks: 3, steps: 8,
      racy: { try await disconnectWhileConnecting(Peripheral.self, $0) },
      mended: { try await disconnectWhileConnecting(MendedPeripheral.self, $0) }),
    SystemRace(
      "device", "device-ghost", ghost, .thrownError, tasks: 3, steps: 19, operations: 3,
      racy: DeviceSpec<Peripheral>(rule: ghost), mended: DeviceSpec<MendedPeripheral>(rule: ghost)),
  ]

  /// Two screens are closed at the same time.
  static func disconnectTwice<Subject: Device>(_: Subject.Type, _ rule: String) async throws {
    let radio = Radio()
    let device = Subject(radio: radio)
    always(radio, rule) { $0.closings.values.allSatisfy { $0 <= 1 } }
    await device.connect()
    async let one: Void = device.disconnect()
    async let other: Void = device.disconnect()
    _ = await (one, other)
  }

  /// A user who gets impatient switches the device off and on while it connects.
  static func disconnectWhileConnecting<Subject: Device>(
    _: Subject.Type, _ rule: String
  ) async throws {
    let radio = Radio()
    let device = Subject(radio: radio)
    always(radio, rule) { $0.open.count <= 1 }
    async let connecting: Void = device.connect()
    async let switching: Void = switchOffAndOn(device)
    _ = await (connecting, switching)
  }

  private static func switchOffAndOn(_ device: some Device) async {
    await device.disconnect()
    await device.connect()
  }
}
