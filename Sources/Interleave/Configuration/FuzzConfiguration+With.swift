extension FuzzConfiguration {
  /// The same with some settings changed; nil leaves one as it is.
  ///
  /// Not among them are those with a case `none`, for which Swift takes an optional's own.
  func with(
    schedules: Int?, duration: Duration?, until: StopRule?, seed: UInt64?,
    strategy: StrategyChoice?, time: TimeMode?, interruptions: InterruptionMode?,
    poolWidth: PoolWidth?, native: [NativePartner]?, cancellation: CancellationMode?,
    workers: Int?
  ) -> FuzzConfiguration {
    var changed = self
    if let schedules { changed.schedules = schedules }
    if let duration { changed.duration = duration }
    if let until { changed.until = until }
    if let seed { changed.seed = seed }
    if let strategy { changed.strategy = strategy }
    if let time { changed.time = time }
    if let interruptions { changed.interruptions = interruptions }
    if let poolWidth { changed.poolWidth = poolWidth }
    if let native { changed.native = native }
    if let cancellation { changed.cancellation = cancellation }
    if let workers { changed.workers = workers }
    return changed
  }
}
