import Foundation

extension BugProgram {
  /// Threads share something by rules of their own.
  static let threadProtocols = [
    bluetooth, workStealing, safeStack, overflowingStack, lazyInstance, published, readerWriter,
    lateEntry, queueEnds, flagFirst, forgottenStop, recounted,
  ]

  /// A driver is stopped between its being asked for and its being used.
  private static let bluetooth = BugProgram("thread_bluetooth", depth: 2, need: .before) {
    isMended in
    let driver = Locked((isStopping: false, users: 1, isStopped: false))
    let wasStopped = Locked(false)
    let leave: @Sendable () -> Void = {
      driver { state in
        state.users -= 1
        if state.users == 0 { state.isStopped = true }
      }
    }
    onThreads(
      {
        if isMended {
          let mayEnter = driver { state in
            if !state.isStopping { state.users += 1 }
            return !state.isStopping
          }
          guard mayEnter else { return }
        } else {
          if driver.get().isStopping { return }
          driver { $0.users += 1 }
        }
        if driver.get().isStopped { wasStopped.set(true) }
        leave()
      },
      {
        driver { $0.isStopping = true }
        leave()
      })
    try check(!wasStopped.get(), "a driver was used that was stopped")
  }

  /// The owner of some work and a thief take the last of it.
  private static let workStealing = BugProgram("thread_workstealing", depth: 2, need: .before) {
    isMended in
    let work = Locked([1, 2])
    let done = Locked([Int]())
    onThreads(
      {
        for _ in 0..<2 {
          let item =
            isMended
            ? work { $0.popLast() }
            : {
              let last = work.get().last
              work { if $0.last == last { _ = $0.popLast() } }
              return last
            }()
          if let item { done { $0.append(item) } }
        }
      },
      {
        let item = work { $0.isEmpty ? nil : $0.removeFirst() }
        if let item { done { $0.append(item) } }
      })
    let items = done.get()
    try check(Set(items).count == items.count, "work was done twice: \(items)")
  }

  /// The top of a stack of nodes, with the number of times that it has changed.
  private struct Top: Equatable {
    var node: Int?
    var version = 0
  }

  /// A free list whose pops trust a top that came back.
  private static let safeStack = BugProgram("thread_safestack", depth: 4, need: .before) {
    isMended in
    let head = Locked(Top(node: 0))
    let next = Locked<[Int?]>([1, 2, nil])
    let owners = Locked([0, 0, 0])
    let isShared = Locked(false)
    let replace: @Sendable (Top, Int?) -> Bool = { old, node in
      head { top in
        guard top.node == old.node, !isMended || top == old else { return false }
        top = Top(node: node, version: top.version + 1)
        return true
      }
    }
    let pop: @Sendable () -> Int? = {
      let old = head.get()
      guard let node = old.node else { return nil }
      let below = next { $0[node] }
      return replace(old, below) ? node : nil
    }
    let push: @Sendable (Int) -> Void = { node in
      for _ in 0..<4 {
        let old = head.get()
        next { $0[node] = old.node }
        if replace(old, node) { return }
      }
    }
    let use: @Sendable (Int) -> Void = { node in
      let others = owners { owners in
        owners[node] += 1
        return owners[node] - 1
      }
      if others > 0 { isShared.set(true) }
    }
    onThreads(
      { if let node = pop() { use(node) } },
      {
        let (one, other) = (pop(), pop())
        if let other { use(other) }
        if let one { push(one) }
        if let again = pop() { use(again) }
      })
    try check(!isShared.get(), "one element was popped by two threads")
  }

  /// Two threads push on a stack that has room for one of them.
  private static let overflowingStack = BugProgram(
    "thread_overflowingstack", depth: 2, need: .before
  ) { isMended in
    let stack = Locked([Int]())
    onThreads(3) { number in
      if isMended {
        stack { if $0.count < 2 { $0.append(number) } }
      } else if stack.get().count < 2 {
        stack { $0.append(number) }
      }
    }
    try check(stack.get().count <= 2, "the stack has room for 2, and holds \(stack.get())")
  }

  /// Two threads make what there is to be one of.
  private static let lazyInstance = BugProgram("thread_lazyinstance", depth: 2, need: .before) {
    isMended in
    let instance = Locked<Int?>(nil)
    let made = Locked(0)
    onThreads(2) { _ in
      guard instance.get() == nil else { return }
      if isMended {
        instance { instance in
          if instance == nil {
            instance = made {
              $0 += 1; return $0
            }
          }
        }
      } else {
        let new = made { count in
          count += 1
          return count
        }
        instance.set(new)
      }
    }
    try check(made.get() == 1, "\(made.get()) instances were made of one")
  }

  /// An object is published before it is filled.
  private static let published = BugProgram("thread_published", depth: 2, need: .before) {
    isMended in
    let object = Locked<Locked<Int>?>(nil)
    let seen = Locked(1)
    onThreads(
      {
        let new = Locked(0)
        if isMended { new.set(1) }
        object.set(new)
        new.set(1)
      },
      { if let found = object.get() { seen.set(found.get()) } })
    try check(seen.get() == 1, "an empty object was found")
  }

  /// A writer looks for readers before it says that it is there.
  private static let readerWriter = BugProgram("thread_readerwriter", depth: 3, need: .before) {
    isMended in
    let state = Locked((readers: 0, isWriting: false))
    let wereBoth = Locked(false)
    onThreads(
      {
        let mayRead = state { state in
          if !state.isWriting { state.readers += 1 }
          return !state.isWriting
        }
        guard mayRead else { return }
        if state.get().isWriting { wereBoth.set(true) }
        state { $0.readers -= 1 }
      },
      {
        if isMended {
          let mayWrite = state { state in
            if state.readers == 0 { state.isWriting = true }
            return state.readers == 0
          }
          guard mayWrite else { return }
        } else {
          guard state.get().readers == 0 else { return }
          state { $0.isWriting = true }
        }
        state { $0.isWriting = false }
      })
    try check(!wereBoth.get(), "one reads while another one writes")
  }

  /// A log is written to after it was closed.
  private static let lateEntry = BugProgram("thread_lateentry", depth: 2, need: .before) {
    isMended in
    let log = Locked((isClosed: false, entries: [Int]()))
    let written = Locked([Int]())
    let entered = Locked(0)
    onThreads(
      {
        if isMended {
          let isOpen = log { log in
            if !log.isClosed { log.entries.append(1) }
            return !log.isClosed
          }
          if isOpen { entered.set(1) }
        } else if !log.get().isClosed {
          log { $0.entries.append(1) }
          entered.set(1)
        }
      },
      {
        written.set(
          log { log in
            log.isClosed = true
            return log.entries
          })
      })
    try check(written.get().count == entered.get(), "an entry was made, and never written")
  }

  /// Two threads put something at the end of a queue, which one of them then moves.
  private static let queueEnds = BugProgram("thread_queueends", depth: 2, need: .before) {
    isMended in
    let slots = Locked([0, 0])
    let end = Locked(0)
    onThreads(2) { number in
      if isMended {
        let place = end { end in
          end += 1
          return end - 1
        }
        slots { $0[place] = number + 1 }
      } else {
        let place = end.get()
        slots { $0[place] = number + 1 }
        end.set(place + 1)
      }
    }
    try check(slots.get().sorted() == [1, 2], "the queue holds \(slots.get())")
  }

  /// Two threads each say that they are in, after they have looked for the other.
  private static let flagFirst = BugProgram("thread_flagfirst", depth: 2, need: .before) {
    isMended in
    let flags = [Locked(false), Locked(false)]
    let inside = Locked(0)
    let most = Locked(0)
    onThreads(2) { number in
      if isMended { flags[number].set(true) }
      if flags[1 - number].get() {
        if isMended { flags[number].set(false) }
        return
      }
      if !isMended { flags[number].set(true) }
      let count = inside { count in
        count += 1
        return count
      }
      most { $0 = max($0, count) }
      inside { $0 -= 1 }
      flags[number].set(false)
    }
    try check(most.get() <= 1, "both are in")
  }

  /// A thread is told to stop before it has begun, and forgets that when it does.
  private static let forgottenStop = BugProgram("thread_forgottenstop", depth: 2, need: .before) {
    isMended in
    let isStopped = Locked(false)
    let thread = JoinableThread { if !isMended { isStopped.set(false) } }
    isStopped.set(true)
    thread.join()
    try check(isStopped.get(), "the thread goes on")
  }

  /// Threads count themselves out in one section each, and the last frees what all use.
  private static let recounted = BugProgram("thread_refcount", depth: 2, need: .before) {
    isMended in
    let count = Locked(2)
    let freed = Locked(0)
    onThreads(2) { _ in
      if isMended {
        let isLast = count { count in
          count -= 1
          return count == 0
        }
        if isLast { freed { $0 += 1 } }
      } else {
        let left = count.get() - 1
        count.set(left)
        if left == 0 { freed { $0 += 1 } }
      }
    }
    try check(freed.get() == 1, "it was freed \(freed.get()) times")
  }
}
