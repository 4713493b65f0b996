/// A cart as it is first written: it believes that nothing changes while it waits.
///
/// Three bugs came in with the first `await`s, one after the other:
///
/// - `add` looks whether the item is there, waits for its price, and appends a line. A customer
///   who taps twice gets two lines, and `remove` takes away only one of them.
/// - `checkout` adds the total up, waits for the payment, and ships what is in the cart *then*.
///   What was put in meanwhile is shipped for nothing.
/// - Nor does `checkout` mark that it is under way: who taps “Pay” twice pays twice.
actor ShoppingCart: Cart {
  private(set) var lines: [CartLine] = []
  private let prices: PriceList
  private let payments: PaymentProvider

  init(prices: PriceList, payments: PaymentProvider) {
    self.prices = prices
    self.payments = payments
  }

  func add(_ item: String) async {
    if let index = lines.firstIndex(where: { $0.item == item }) {
      lines[index].quantity += 1
    } else {
      let price = await prices.price(of: item)
      lines.append(CartLine(item: item, price: price))
    }
  }

  func remove(_ item: String) -> Bool { lines.takeOut(item) }

  func checkout() async -> Receipt? {
    guard !lines.isEmpty else { return nil }
    let total = lines.total
    await payments.pay(total)
    let receipt = Receipt(total: total, shipped: lines, leftInCart: [])
    lines = []
    return receipt
  }
}
