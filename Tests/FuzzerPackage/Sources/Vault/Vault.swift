/// A vault that lets a coin go to whoever knows the code.
public actor Vault {
  public private(set) var coins = 1
  private let log = Log()

  public init() {}

  /// Takes the coin.
  ///
  /// - Returns: The code was right, and a coin was there.
  public func take(_ code: [Int]) async -> Bool {
    guard code.count == 2 else { return false }
    guard code[0] == 0x4B else { return false }
    guard code[1] == 0x59 else { return false }
    guard coins > 0 else { return false }
    await log.append()
    coins -= 1
    return true
  }
}

/// What was done.
private actor Log {
  private var count = 0
  func append() { count += 1 }
}

/// A coin was taken that was not there.
public struct Overdrawn: Error {
  public init() {}
}

/// Two thieves try the same code at once.
@Sendable public func rob(_ code: [Int]) async throws {
  let vault = Vault()
  async let first = vault.take(code)
  async let second = vault.take(code)
  _ = await (first, second)
  if await vault.coins < 0 { throw Overdrawn() }
}
