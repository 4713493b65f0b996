import Interleave

/// What goes wrong in a shopping cart.
enum CartRaces {
  static let all = [
    SystemRace(
      "cart", "cart-line", "an item has one line in the cart", tasks: 3, steps: 9,
      racy: { try await doubleAdd(ShoppingCart.self, $0) },
      mended: { try await doubleAdd(MendedShoppingCart.self, $0) }),
    SystemRace(
      "cart", "cart-receipt", "the receipt's total is the sum of what was shipped", .thrownError,
      tasks: 3, steps: 14,
      racy: { try await addWhilePaying(ShoppingCart.self, $0) },
      mended: { try await addWhilePaying(MendedShoppingCart.self, $0) }),
    SystemRace(
      "cart", "cart-payment", "an order is paid once", tasks: 3, steps: 12,
      racy: { try await doubleCheckout(ShoppingCart.self, $0) },
      mended: { try await doubleCheckout(MendedShoppingCart.self, $0) }),
    SystemRace(
      "cart", "cart-operations", "a cart used from several windows is one cart", .notLinearizable,
      tasks: 3, steps: 16, operations: 3, racy: CartSpec<ShoppingCart>(),
      mended: CartSpec<MendedShoppingCart>()),
  ]

  /// A customer taps “Add” twice.
  static func doubleAdd<Subject: Cart>(_: Subject.Type, _ rule: String) async throws {
    let cart = Subject(prices: PriceList(), payments: PaymentProvider())
    always(cart, rule) { Set($0.lines.map(\.item)).count == $0.lines.count }
    async let first: Void = cart.add("tea")
    async let second: Void = cart.add("tea")
    _ = await (first, second)
  }

  /// A customer pays in one window, and goes on shopping in another.
  static func addWhilePaying<Subject: Cart>(_: Subject.Type, _ rule: String) async throws {
    let cart = Subject(prices: PriceList(), payments: PaymentProvider())
    await cart.add("tea")
    async let paying = cart.checkout()
    async let shopping: Void = cart.add("milk")
    guard let receipt = await paying else { return }
    await shopping
    let value = receipt.shipped.total
    try expect(receipt.total == value, "\(rule) (paid \(receipt.total), shipped \(value))")
  }

  /// A customer taps “Pay” twice.
  static func doubleCheckout<Subject: Cart>(_: Subject.Type, _ rule: String) async throws {
    let payments = PaymentProvider()
    let cart = Subject(prices: PriceList(), payments: payments)
    always(payments, rule) { $0.payments.count <= 1 }
    await cart.add("tea")
    async let first = cart.checkout()
    async let second = cart.checkout()
    _ = await (first, second)
  }
}
