/// Looks for news every 5 seconds.
actor Poller {
  private var task: Task<Void, Never>?

  func start() {
    task = Task {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(5)) } catch { return }
      }
    }
  }

  func stop() { task?.cancel() }
}
