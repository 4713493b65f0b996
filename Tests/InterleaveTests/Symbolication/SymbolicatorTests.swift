import InterleaveEngine
import Testing

@testable import Interleave

private actor Ledger {
  var entries = 0
  func append() { entries += 1 }
}

private actor Vault {
  /// The line of the check in `withdraw`.
  static let check: Int = #line + 5
  private(set) var balance = 100
  let ledger = Ledger()

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await ledger.append()
    balance -= amount
    return true
  }
}

private enum Program {
  /// The line on which `run` begins to do something.
  static let first: Int = #line + 2
  static func run() async {
    let vault = Vault()
    async let left = vault.withdraw(80)
    async let right = Self.pay(from: vault)
    _ = await (left, right)
    let reader = Task { await vault.balance }
    _ = await reader.value
    try? await Task.sleep(for: .seconds(1))
    _ = await vault.balance
  }

  static func pay(from vault: Vault) async -> Bool {
    await vault.withdraw(80)
  }
}

@Suite struct SymbolicatorTests {
  private struct Addresses {
    var resumes: [UInt]
    var sites: [UInt]
  }

  /// The addresses of one run of the program.
  private func addresses() throws -> Addresses {
    let machine = try Machine(settings: MachineSettings())
    let end = machine.run(Baseline(), RunStart(index: 0, seed: 1)) {
      Task { await Program.run() }
    }
    defer { machine.finish() }
    #expect(end == .clean)
    return Addresses(
      resumes: machine.inspectSteps().map(\.key.resume),
      sites: machine.inspectTasks().map(\.site))
  }

  private func places(_ addresses: [CodeAddress]) -> [CodePlace] {
    Symbolicator().places(of: addresses)
  }

  #if DEBUG
    @Test func aStepIsNamedByWhereItsTaskGoesOn() throws {
      let found = places(try addresses().resumes.map { .start($0) })
      let lines = found.filter { $0.function == "Vault.withdraw(_:)" }.compactMap(\.place?.line)
      // On the vault, on the ledger, on the vault again; the other task's check fails.
      #expect(
        Array(lines.sorted()) == [0, 0, 1, 2].map { Vault.check + $0 })
    }

    @Test func aGetterThatIsAwaitedIsNamedByTheLineOfTheAwait() throws {
      let found = places(try addresses().resumes.map { .start($0) })
      #expect(
        found.contains(
          CodePlace(
            function: "closure #1 in Program.run()",
            place: Interleaving.Place(file: #filePath, line: Program.first + 4))))
      #expect(
        found.contains(
          CodePlace(
            function: "Program.run()",
            place: Interleaving.Place(file: #filePath, line: Program.first + 7))))
    }
  #endif

  @Test func everyLineIsOneOfTheProgram() throws {
    let found = places(try addresses().resumes.map { .start($0) })
    let lines = found.compactMap(\.place).filter { $0.file == #filePath }.map(\.line)
    #expect(lines.count >= 4)
    for line in lines {
      #expect((Vault.check - 15...Program.first + 12).contains(line))
    }
  }

  @Test func theCallThatMadeATaskIsTheLineBeforeTheReturnAddress() throws {
    let found = places(try addresses().sites.map { .afterCall($0) })
    let lines = found.filter { $0.function == "Program.run()" }.compactMap(\.place?.line)
    #expect(lines.contains(Program.first + 1))
    #expect(lines.contains(Program.first + 2))
  }

  @Test func anAddressOutsideTheProgramHasNoPlace() {
    #expect(places([.start(0), .afterCall(0), .start(16)]).allSatisfy { $0.place == nil })
  }

  @Test func placesComeInTheOrderOfTheAddresses() throws {
    let resumes = try addresses().resumes.map { CodeAddress.start($0) }
    let symbolicator = Symbolicator()
    let alone = resumes.map { symbolicator.place(of: $0) }
    #expect(places(resumes) == alone)
    #expect(symbolicator.places(of: resumes.reversed()) == alone.reversed())
  }

  @Test func aReturnAddressPointsAtTheCallBeforeIt() {
    #expect(CodeAddress.afterCall(100).instruction == 99)
    #expect(CodeAddress.start(100).instruction == 100)
  }
}
