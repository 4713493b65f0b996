/// A cart that looks again after each `await`, and takes what it sells out before it waits.
///
/// `add` asks for the price first, and then looks and changes in one breath. `checkout` empties the
/// cart at once: what it pays for is its own, and a second checkout finds nothing to pay for.
actor MendedShoppingCart: Cart {
  private(set) var lines: [CartLine] = []
  private let prices: PriceList
  private let payments: PaymentProvider

  init(prices: PriceList, payments: PaymentProvider) {
    self.prices = prices
    self.payments = payments
  }

  func add(_ item: String) async {
    let price = await prices.price(of: item)
    if let index = lines.firstIndex(where: { $0.item == item }) {
      lines[index].quantity += 1
    } else {
      lines.append(CartLine(item: item, price: price))
    }
  }

  func remove(_ item: String) -> Bool { lines.takeOut(item) }

  func checkout() async -> Receipt? {
    guard !lines.isEmpty else { return nil }
    let order = lines
    lines = []
    await payments.pay(order.total)
    return Receipt(total: order.total, shipped: order, leftInCart: lines)
  }
}
