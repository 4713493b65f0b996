/// Searches for what was typed, once nothing more was for a while.
actor Search {
  private(set) var queries: [String] = []
  private let debounce: Duration
  private let clock: any Clock<Duration>
  private var pending: Task<Void, Never>?

  init(debounce: Duration, clock: any Clock<Duration>) {
    self.debounce = debounce
    self.clock = clock
  }

  func type(_ text: String) {
    pending?.cancel()
    pending = Task {
      do { try await clock.sleep(for: debounce) } catch { return }
      if !Task.isCancelled { queries.append(text) }
    }
  }
}

/// Keeps what is written while it is open.
actor Store {
  private(set) var values: [String] = []
  private var isOpen = true

  static func open() async throws -> Store { Store() }

  func write(_ value: String) { if isOpen { values.append(value) } }

  func close() { isOpen = false }
}
