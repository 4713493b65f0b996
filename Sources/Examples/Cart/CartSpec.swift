import Interleave

/// A customer with several windows open on one cart.
struct CartSpec<Subject: Cart>: LinearizableSpec {
  enum Operation: Sendable, Hashable {
    case add(String)
    case remove(String)
    case checkout
  }

  enum Response: Sendable, Hashable {
    case added
    case removed(Bool)
    case nothingToPay
    case paid(Int, for: [String: Int])
  }

  var operations: Generator<Operation> {
    let items = Generator<String>.element(of: ["tea", "milk"])
    return .frequency(
      (3, items.map(Operation.add)), (1, items.map(Operation.remove)), (1, .just(.checkout)))
  }

  func makeSubject() async throws -> Subject {
    Subject(prices: PriceList(), payments: PaymentProvider())
  }

  func perform(_ operation: Operation, on cart: Subject) async throws -> Response {
    switch operation {
    case .add(let item):
      await cart.add(item)
      return .added
    case .remove(let item):
      return .removed(await cart.remove(item))
    case .checkout:
      guard let receipt = await cart.checkout() else { return .nothingToPay }
      let shipped = receipt.shipped.map { ($0.item, $0.quantity) }
      return .paid(receipt.total, for: Dictionary(shipped, uniquingKeysWith: +))
    }
  }

  /// How many pieces of each item are in the cart.
  func makeModel() -> [String: Int] { [:] }

  func apply(_ operation: Operation, to cart: inout [String: Int]) -> Response {
    switch operation {
    case .add(let item):
      cart[item, default: 0] += 1
      return .added
    case .remove(let item):
      guard let quantity = cart[item] else { return .removed(false) }
      cart[item] = quantity > 1 ? quantity - 1 : nil
      return .removed(true)
    case .checkout:
      guard !cart.isEmpty else { return .nothingToPay }
      defer { cart = [:] }
      return .paid(cart.reduce(0) { $0 + ($1.key == "tea" ? 3 : 2) * $1.value }, for: cart)
    }
  }
}
