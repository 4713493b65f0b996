/// What a machine's loop uses, side by side: one address leads to all of it.
struct MachineSpace {
  fileprivate var tasks = Column<TaskState>.Header()
  fileprivate var executors = Column<ExecutorState>.Header()
  fileprivate var recentExecutors = Column<RecentExecutor>.Header()
  fileprivate var slots = Column<WaitingJob>.Header()
  fileprivate var freeSlots = Column<Int32>.Header()
  fileprivate var steps = Column<RawStep>.Header()
  fileprivate var moments = Column<StepMoments>.Header()
  fileprivate var touches = Column<Touch>.Header()
  fileprivate var queue = RunQueue.State()
  fileprivate var enabled: EnabledList.State
  fileprivate var progress: RunState

  static func make(_ settings: MachineSettings) -> UnsafeMutablePointer<MachineSpace> {
    let space = UnsafeMutablePointer<MachineSpace>.allocate(capacity: 1)
    let queue = RunQueue(at: &space.pointee.queue)
    space.initialize(
      to: MachineSpace(
        enabled: EnabledList.State(of: queue.enabled), progress: RunState(settings: settings)))
    return space
  }

  static func giveBack(_ space: UnsafeMutablePointer<MachineSpace>) {
    space.pointee.tasks.deallocate()
    space.pointee.executors.deallocate()
    space.pointee.recentExecutors.deallocate()
    space.pointee.slots.deallocate()
    space.pointee.freeSlots.deallocate()
    space.pointee.steps.deallocate()
    space.pointee.moments.deallocate()
    space.pointee.touches.deallocate()
    space.pointee.queue.deallocate()
    space.pointee.enabled.deallocate()
    space.deinitialize(count: 1)
    space.deallocate()
  }
}

extension Machine {
  @inline(__always) var tasks: Column<TaskState> { Column(at: &space.pointee.tasks) }
  @inline(__always) var executors: Column<ExecutorState> { Column(at: &space.pointee.executors) }
  /// Executors that jobs became ready for lately, by parts of their addresses.
  @inline(__always) var recentExecutors: Column<RecentExecutor> {
    Column(at: &space.pointee.recentExecutors)
  }
  @inline(__always) var slots: Column<WaitingJob> { Column(at: &space.pointee.slots) }
  @inline(__always) var freeSlots: Column<Int32> { Column(at: &space.pointee.freeSlots) }
  @inline(__always) var steps: Column<RawStep> { Column(at: &space.pointee.steps) }
  /// For each step, when its job arrived and it began, and where its touches begin.
  @inline(__always) var moments: Column<StepMoments> { Column(at: &space.pointee.moments) }
  /// What the steps touched, in their order.
  @inline(__always) var touches: Column<Touch> { Column(at: &space.pointee.touches) }
  /// The jobs that wait, by their slots.
  @inline(__always) var queue: RunQueue { RunQueue(at: &space.pointee.queue) }
  /// What could run now; the baseline's choice first, timers last.
  @inline(__always) var enabled: EnabledList { EnabledList(at: &space.pointee.enabled) }

  /// Where the run's state lies.
  @inline(__always) var progressStorage: UnsafeMutablePointer<RunState> {
    withUnsafeMutablePointer(to: &space.pointee.progress) { $0 }
  }

  // Through a pointer, since otherwise code that is not optimized copies all of it, and may look at
  // the copy when that is gone.
  var progress: RunState {
    @inline(__always) _read { yield progressStorage.pointee }
    @inline(__always) _modify { yield &progressStorage.pointee }
  }
}
