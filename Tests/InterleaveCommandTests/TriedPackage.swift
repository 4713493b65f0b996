import Foundation
import Synchronization
import Testing

/// A package of its own that depends on this one, as a user's would; it is built once.
///
/// It lies among the products of this package, so that later runs build what has changed alone.
struct TriedPackage {
  let folder: URL

  /// The package, written and built.
  static let shared = Task { try await TriedPackage.make() }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func make() async throws -> TriedPackage {
    let folder = root.appending(path: ".build/tried-package")
    let files = [
      "Package.swift": manifest, "Sources/Shop/Bank.swift": bank,
      "Sources/Shop/Till.swift": till,
      "Sources/Shop/PriceService.swift": service,
      "Tests/ShopTests/PriceServiceDouble.swift": "import Interleave\nimport Shop\n\n" + double,
      "Tests/ShopTests/BankTests.swift": tests,
    ]
    for (path, text) in files { try write(text, to: folder.appending(path: path)) }
    let corpus = folder.appending(path: "corpus")
    if FileManager.default.fileExists(atPath: corpus.path) {
      try FileManager.default.removeItem(at: corpus)
    }
    return TriedPackage(folder: folder)
  }

  /// Files that are the same stay as they are, so that nothing is built again.
  private static func write(_ text: String, to file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    if (try? String(contentsOf: file, encoding: .utf8)) != text {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
  }

  private static var manifest: String {
    """
    // swift-tools-version: 6.2
    import PackageDescription

    let package = Package(
      name: "Shop",
      dependencies: [.package(name: "interleave", path: "\(root.path)")],
      targets: [
        .target(name: "Shop"),
        .testTarget(
          name: "ShopTests",
          dependencies: ["Shop", .product(name: "Interleave", package: "interleave")]),
      ])
    """
  }

  private static let bank = """
    public actor Bank {
      public private(set) var balance: Int
      private let isMended: Bool

      public init(balance: Int, isMended: Bool) {
        self.balance = balance
        self.isMended = isMended
      }

      public func withdraw(_ amount: Int) async {
        guard balance >= amount else { return }
        if isMended { balance -= amount }
        await Task.yield()
        if !isMended { balance -= amount }
      }
    }
    """

  private static let till = """
    public actor Till {
      public private(set) var sum = 0
      private let journal = Journal()

      public init() {}

      public func add(_ amount: Int) async {
        let old = sum
        await journal.note()
        sum = old + amount
      }
    }

    actor Journal {
      private var entries = 0

      func note() { entries += 1 }
    }
    """

  private static let service = """
    public protocol PriceService: Sendable {
      /// In which prices are given.
      var currency: String { get async }
      func price(of name: String, _ isSale: Bool) async throws -> Int
      func save(_ price: Int?) async throws(CancellationError)
    }

    protocol Clerk {
      associatedtype Desk
      func sit(at desk: Desk)
    }
    """

  /// What `stub PriceService` prints; it is compiled with the tests.
  static let double = """
    struct PriceServiceDouble: PriceService {
      let currencyStub: NonthrowingStub<String>
      let priceStub: Stub<String, Bool, Int>
      let saveStub: TypedStub<Int?, Void, CancellationError>

      var currency: String { get async { await currencyStub() } }
      func price(of name: String, _ isSale: Bool) async throws -> Int { try await priceStub(name, isSale) }
      func save(_ price: Int?) async throws(CancellationError) { try await saveStub(price) }
    }

    """

  private static let tests = """
    import Foundation
    import Interleave
    import Shop
    import Testing

    @Suite struct BankTests {
      @Test(.fuzzed) func neverOverdrawn() async {
        let isMended = ProcessInfo.processInfo.environment["SHOP_IS_MENDED"] != nil
        let bank = Bank(balance: 100, isMended: isMended)
        async let first: Void = bank.withdraw(80)
        async let second: Void = bank.withdraw(80)
        _ = await (first, second)
        #expect(await bank.balance >= 0)
      }

      @Test(.fuzzed) func paysOut() async {
        let bank = Bank(balance: 100, isMended: true)
        async let first: Void = bank.withdraw(10)
        async let second: Void = bank.withdraw(10)
        _ = await (first, second)
        #expect(await bank.balance == 80)
      }

      @Test(.fuzzed, .enabled(if: ProcessInfo.processInfo.environment["SHOP_COUNTS"] != nil))
      func countsAll() async {
        let till = Till()
        await withTaskGroup { group in
          for _ in 1...3 { group.addTask { await till.add(1) } }
        }
        #expect(await till.sum == 3)
      }

      @Test func isOrdinary() {}
    }
    """
}

/// What the command printed, and its exit code.
struct CommandResult: CustomStringConvertible {
  var code: Int32
  var output: String
  var errors: String

  var description: String { "exit code \(code)\n\(output)\n\(errors)" }
}

func interleave(
  _ arguments: String..., in folder: URL, environment: [String: String] = [:]
) async throws -> CommandResult {
  try await interleave(arguments, in: folder, environment: environment)
}

/// Runs the `interleave` executable that lies beside the tests.
func interleave(
  _ arguments: [String], in folder: URL, environment: [String: String] = [:],
  input: String = ""
) async throws -> CommandResult {
  let tests = URL(filePath: CommandLine.arguments[0])
  return try await run(
    tests.deletingLastPathComponent().appending(path: "interleave").path, arguments, in: folder,
    environment: environment, input: input)
}

/// Runs a program to its end.
func run(
  _ path: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
  input: String = ""
) async throws -> CommandResult {
  let process = Process()
  process.executableURL = URL(filePath: path)
  process.arguments = arguments
  process.currentDirectoryURL = folder
  process.environment = ProcessInfo.processInfo.environment
    .filter { !$0.key.hasPrefix("INTERLEAVE_") && $0.key != "CI" }
    .merging(environment) { $1 }
  let pipes = (input: Pipe(), output: Pipe(), errors: Pipe())
  process.standardInput = pipes.input
  process.standardOutput = pipes.output
  process.standardError = pipes.errors
  return try await withCheckedThrowingContinuation { ended in
    Thread.detachNewThread {
      do {
        try process.run()
        pipes.input.fileHandleForWriting.write(Data(input.utf8))
        try pipes.input.fileHandleForWriting.close()
        let errors = Mutex(Data())
        let reader = DispatchGroup()
        let handle = pipes.errors.fileHandleForReading
        DispatchQueue.global().async(group: reader) {
          let data = handle.readDataToEndOfFile()
          errors.withLock { $0 = data }
        }
        let output = pipes.output.fileHandleForReading.readDataToEndOfFile()
        reader.wait()
        process.waitUntilExit()
        ended.resume(
          returning: CommandResult(
            code: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors.withLock { $0 }, as: UTF8.self)))
      } catch {
        ended.resume(throwing: error)
      }
    }
  }
}

/// Folders can be kept from being written to, by root too where its files can be made immutable.
let foldersCanBeProtected: Bool = {
  let folder = FileManager.default.temporaryDirectory.appending(path: "protected-\(UUID())")
  defer { try? FileManager.default.removeItem(at: folder) }
  do {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  } catch {
    return false
  }
  protect(folder, true)
  defer { protect(folder, false) }
  return !FileManager.default.createFile(
    atPath: folder.appending(path: "file").path, contents: Data())
}()

/// Runs a body while nothing can be made or deleted in a folder.
func withProtected<Value>(_ folder: URL, _ body: () async throws -> Value) async rethrows -> Value {
  protect(folder, true)
  defer { protect(folder, false) }
  return try await body()
}

private func protect(_ folder: URL, _ isProtected: Bool) {
  chmod(folder.path, isProtected ? 0o500 : 0o700)
  #if os(Linux)
    guard geteuid() == 0 else { return }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["chattr", isProtected ? "+i" : "-i", folder.path]
    process.standardError = FileHandle.nullDevice
    // Where there is no such tool, nothing is protected, and that is found out.
    guard (try? process.run()) != nil else { return }
    process.waitUntilExit()
  #endif
}
