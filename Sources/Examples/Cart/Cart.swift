/// An item in a cart.
struct CartLine: Sendable, Hashable {
  var item: String
  var price: Int
  var quantity = 1
}

/// What a customer gets at the checkout.
struct Receipt: Sendable, Hashable {
  /// What was taken from the card.
  var total: Int
  /// What is on its way.
  var shipped: [CartLine]
  /// What was put into the cart during the payment, and waits for the next order.
  var leftInCart: [CartLine]
}

/// Where prices come from: another service, which takes a while.
actor PriceList {
  private let prices = ["bread": 4, "milk": 2, "tea": 3]

  func price(of item: String) -> Int { prices[item, default: 1] }
}

/// A card, and all that was taken from it.
actor PaymentProvider {
  private(set) var payments: [Int] = []

  func pay(_ amount: Int) { payments.append(amount) }
}

/// A cart whose prices are looked up, and whose checkout waits for the payment.
protocol Cart: Actor {
  init(prices: PriceList, payments: PaymentProvider)
  var lines: [CartLine] { get }
  /// Puts one piece of an item in.
  func add(_ item: String) async
  /// Takes one piece of an item out, if there is one.
  func remove(_ item: String) -> Bool
  /// Pays for what is in the cart; nil if there is nothing in it.
  func checkout() async -> Receipt?
}

extension [CartLine] {
  var total: Int { reduce(0) { $0 + $1.price * $1.quantity } }

  /// Takes one piece of an item out, if there is one.
  mutating func takeOut(_ item: String) -> Bool {
    guard let index = firstIndex(where: { $0.item == item }) else { return false }
    self[index].quantity -= 1
    if self[index].quantity == 0 { remove(at: index) }
    return true
  }
}
