import Interleave

/// Several screens that connect one device and disconnect it.
struct DeviceSpec<Subject: Device>: ConcurrencySpec {
  /// A device, and the radio that it uses.
  struct Site: Sendable {
    let radio = Radio()
    let device: Subject

    init() { device = Subject(radio: radio) }
  }

  enum Operation: Sendable, Hashable, CaseIterable {
    case connect
    case disconnect
  }

  let rule: String

  var operations: Generator<Operation> { .anyCase() }

  func makeSubject() async throws -> Site { Site() }

  func perform(_ operation: Operation, on site: Site) async throws {
    switch operation {
    case .connect: await site.device.connect()
    case .disconnect: await site.device.disconnect()
    }
  }

  func check(_ site: Site) async throws {
    await site.device.disconnect()
    let open = await site.radio.open
    try expect(open.isEmpty, rule)
  }
}
