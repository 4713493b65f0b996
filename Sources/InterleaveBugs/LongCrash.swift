/// A crash with much before it that has nothing to do with it.
public enum LongCrash {
  /// Sells what is there once over.
  ///
  /// - Parameters:
  ///   - customers: How many tasks buy, at least 2.
  ///   - looks: How often each of them looks first, at least 0.
  public static func sell(customers: Int, looks: Int) async {
    let shelf = Shelf()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<customers {
        group.addTask {
          for _ in 0..<looks { await shelf.look() }
          await shelf.sell()
        }
      }
    }
  }

  private actor Shelf {
    private var items = 1
    private let work = Work()

    func look() async { await work.step() }

    func sell() async {
      guard items > 0 else { return }
      await work.step()
      items -= 1
      if items < 0 { fatalError("sold what is not there") }
    }
  }
}
