import Interleave

struct BankSpec: LinearizableSpec {
  enum Operation: Sendable { case deposit(Int), withdraw(Int) }

  var operations: Generator<Operation> {
    .oneOf(.int(in: 1...50).map(Operation.deposit), .int(in: 1...50).map(Operation.withdraw))
  }

  func makeSubject() async throws -> Bank { Bank(balance: 60) }

  func perform(_ operation: Operation, on bank: Bank) async throws -> Bool {
    switch operation {
    case .deposit(let amount): await bank.deposit(amount)
    case .withdraw(let amount): await bank.withdraw(amount)
    }
  }

  func makeModel() -> Int { 60 }

  func apply(_ operation: Operation, to balance: inout Int) throws -> Bool {
    switch operation {
    case .deposit(let amount):
      balance += amount
    case .withdraw(let amount):
      guard balance >= amount else { return false }
      balance -= amount
    }
    return true
  }
}
