import CInterleave

extension Machine {
  /// The index of the executor on which a job waits.
  @inline(__always)
  func executor(for ready: UnsafePointer<il_ready>) -> Int32 {
    guard let identity = ready.pointee.executor else { return 0 }
    let address = UInt(bitPattern: identity)
    let recent = recentExecutor(at: address)
    if recent.pointee.address == address, ready.pointee.witness == recent.pointee.witness {
      return recent.pointee.index
    }
    return findExecutor(identity, for: ready)
  }

  /// Where an executor is noted that a job became ready for lately.
  @inline(__always)
  private func recentExecutor(at address: UInt) -> UnsafeMutablePointer<RecentExecutor> {
    recentExecutors.known(at: Int(truncatingIfNeeded: address >> 4) & (RecentExecutor.count - 1))
  }

  private func findExecutor(
    _ identity: UnsafeMutableRawPointer, for ready: UnsafePointer<il_ready>
  ) -> Int32 {
    let address = UInt(bitPattern: identity)
    let index: Int
    if let known = executorIndex[address] {
      index = known
    } else {
      let type = type(of: identity, ready.pointee.place)
      index = addExecutor(
        ExecutorState(
          identity: address, place: ready.pointee.place,
          name: outsideName(type, ready.pointee.place), type: type))
      executorIndex.set(address, to: index)
      adoptUses(ofExecutor: address, as: .executor(Int32(index)))
    }
    if ready.pointee.witness != 0, executors[index].witness == 0 {
      executors[index].witness = ready.pointee.witness
      executors[index].settleKind()
      if !settings.natives.executors.isEmpty {
        executors[index].isNative = settings.natives.has(executor: executors[index].type)
      }
    }
    recentExecutor(at: address).pointee = RecentExecutor(
      address: address, witness: ready.pointee.witness, index: Int32(index))
    return Int32(index)
  }

  private func type(of identity: UnsafeMutableRawPointer, _ place: il_place) -> UInt {
    switch place {
    case IL_PLACE_MAIN: 0
    case IL_PLACE_QUEUE: Takeover.label(ofQueue: identity)
    default: Takeover.type(of: identity)
    }
  }

  /// A default actor was made during the run.
  func actorMade(_ actor: UnsafeMutableRawPointer, by maker: UnsafeMutablePointer<il_task>?) {
    var state = ExecutorState(
      identity: UInt(bitPattern: actor), place: IL_PLACE_SERIAL, name: mix(1, 0),
      type: Takeover.type(of: actor))
    if let maker {
      let index = Int(maker.pointee.index)
      state.maker = Int32(index)
      state.ordinal = tasks[index].actors
      tasks[index].actors += 1
      state.name = mix(mix(1, tasks[index].name), UInt64(state.ordinal))
    }
    executorIndex.set(state.identity, to: addExecutor(state))
    // It may have been another one's address.
    recentExecutor(at: state.identity).pointee = RecentExecutor()
  }

  /// A default actor is no more; what lies at its address later is another one.
  func actorGone(_ actor: UnsafeMutableRawPointer) {
    if let index = executorIndex[UInt(bitPattern: actor)] { executors[index].isGone = true }
  }

  /// The types of the actors that the run's tasks have made and that still exist.
  package var livingActors: [UInt] {
    executors.elements.filter { $0.maker >= 0 && !$0.isGone && $0.type != 0 }.map(\.type)
  }

  /// Adds an executor.
  ///
  /// - Returns: Its number.
  @discardableResult
  func addExecutor(_ state: ExecutorState) -> Int {
    var state = state
    state.settleKind()
    executors.append(state)
    queue.addExecutor(isMailbox: state.isMailbox, isGlobal: state.place == IL_PLACE_GLOBAL)
    return executors.count - 1
  }

  /// Names an executor that was made outside the run: by its type, and by how
  /// many of that type were used before it.
  private func outsideName(_ type: UInt, _ place: il_place) -> UInt64 {
    if place == IL_PLACE_MAIN { return mix(2, 0) }
    let name = place == IL_PLACE_QUEUE ? UInt64(type) : Takeover.hashOfTypeName(type)
    let before = outsiders.elements.lazy.filter { $0 == name }.count
    outsiders.append(name)
    return mix(mix(3, name), UInt64(before))
  }

  // MARK: Escapes

  /// Notes that something left the run's control.
  func noteEscape(_ kind: Escape.Kind, site: UInt, origin: UInt = 0, isNative: Bool = false) {
    let task = il_current_task().map { Int32(bitPattern: $0.pointee.index) } ?? -1
    escapes.append(
      Escape(kind: kind, site: site, origin: origin, task: task, isNative: isNative))
  }

  // MARK: What is left alone on purpose

  func isNative(_ kind: il_native, _ object: UnsafeMutableRawPointer) -> Bool {
    kind == IL_NATIVE_QUEUE
      ? settings.natives.queues.contains(String(cString: il_label_of_queue(object)))
      : isNativeCode(UInt(bitPattern: object))
  }

  /// Code of a module that is left alone.
  func isNativeCode(_ address: UInt) -> Bool {
    guard let isCode = settings.natives.isCode, address != 0 else { return false }
    if let known = nativeCode[address] { return known }
    let isNative = isCode(address)
    nativeCode[address] = isNative
    return isNative
  }
}
