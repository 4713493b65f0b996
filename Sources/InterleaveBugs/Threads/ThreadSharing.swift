extension BugProgram {
  /// What threads look at and what they do about it are two sections of a lock.
  static let threadSharing = [
    account, airline(3), reorder(2), reorder(4), twoStage(1), twoStage(3), stringBuffer, wrongLock,
    lastZero, allocator,
  ]

  /// Two threads pay into one account: what one of them adds is lost.
  private static let account = BugProgram("thread_account", depth: 2, need: .before) { isMended in
    let balance = Locked(100)
    let change: @Sendable (Int) -> Void = { amount in
      if isMended {
        balance { $0 += amount }
      } else {
        let before = balance.get()
        balance.set(before + amount)
      }
    }
    onThreads({ change(50) }, { change(-30) })
    try check(balance.get() == 120, "the balance is \(balance.get())")
  }

  /// Agents sell seats as long as there are some.
  private static func airline(_ agents: Int) -> BugProgram {
    BugProgram("thread_airline_\(agents)", depth: 2, need: .before) { isMended in
      let sold = Locked(0)
      onThreads(agents) { _ in
        if isMended {
          sold { if $0 < agents - 1 { $0 += 1 } }
        } else if sold.get() < agents - 1 {
          sold { $0 += 1 }
        }
      }
      try check(sold.get() < agents, "\(sold.get()) of \(agents - 1) seats are sold")
    }
  }

  /// Some set one value and then another; one reads the second before the first.
  private static func reorder(_ setters: Int) -> BugProgram {
    BugProgram("thread_reorder_\(setters)", depth: 2, need: .before) { isMended in
      let (first, second) = (Locked(0), Locked(0))
      let seen = Locked((0, 0))
      let set: @Sendable () -> Void = {
        first.set(1)
        second.set(-1)
      }
      let look: @Sendable () -> Void = {
        if isMended {
          let second = second.get()
          seen.set((first.get(), second))
        } else {
          let first = first.get()
          seen.set((first, second.get()))
        }
      }
      onThreads(Array(repeating: set, count: setters) + [look])
      try check(seen.get() != (0, -1), "the second is there, and the first is not")
    }
  }

  /// What was changed in two stages is read between them.
  private static func twoStage(_ writers: Int) -> BugProgram {
    BugProgram("thread_twostage_\(writers)", depth: 2, need: .before) { isMended in
      let (first, second) = (Locked(0), Locked(0))
      let both = Section()
      let isTorn = Locked(false)
      let whole: @Sendable (() -> Void) -> Void = { body in
        if isMended { both(body) } else { body() }
      }
      let write: @Sendable () -> Void = {
        whole {
          first.set(1)
          second.set(first.get() + 1)
        }
      }
      let read: @Sendable () -> Void = {
        whole {
          let one = first.get()
          if one != 0, second.get() != one + 1 { isTorn.set(true) }
        }
      }
      onThreads(Array(repeating: write, count: writers) + [read])
      try check(!isTorn.get(), "the second stage is missing")
    }
  }

  /// A buffer is appended whose length has changed since that was asked for.
  private static let stringBuffer = BugProgram("thread_stringbuffer", depth: 2, need: .before) {
    isMended in
    let text = Locked(Array("abc"))
    let copied = Locked("abc")
    onThreads(
      {
        if isMended {
          copied.set(String(text.get()))
        } else {
          let length = text { $0.count }
          copied.set(text { $0.count < length ? "too short" : String($0.prefix(length)) })
        }
      },
      { text.set([]) })
    try check(copied.get() != "too short", "the buffer was shorter than it had said")
  }

  /// One of the threads takes another lock than all others.
  private static let wrongLock = BugProgram("thread_wronglock", depth: 2, need: .before) {
    isMended in
    let (right, wrong) = (Section(), Section())
    let value = Locked(0)
    let add: @Sendable (Section) -> Void = { lock in
      lock {
        let before = value.get()
        value.set(before + 1)
      }
    }
    onThreads({ add(right) }, { add(right) }, { add(isMended ? right : wrong) })
    try check(value.get() == 3, "\(value.get()) of 3 were counted")
  }

  /// The last zero of a row is looked for while others fill it.
  private static let lastZero = BugProgram("thread_lastzero", depth: 3, need: .before) {
    isMended in
    let row = Locked([0, 0, 0])
    let whole = Section()
    let isZero = Locked(true)
    let fill: @Sendable (Int) -> Void = { place in
      let before = row.get()[place - 1]
      row { $0[place] = before + 1 }
    }
    onThreads(
      {
        let look = {
          var place = 2
          while row.get()[place] != 0 { place -= 1 }
          isZero.set(row.get()[place] == 0)
        }
        if isMended { whole(look) } else { look() }
      },
      { if isMended { whole { fill(1) } } else { fill(1) } },
      { if isMended { whole { fill(2) } } else { fill(2) } })
    try check(isZero.get(), "the last zero is none any more")
  }

  /// Two files get the same block.
  private static let allocator = BugProgram("thread_allocator", depth: 2, need: .before) {
    isMended in
    let isBusy = Locked([false, false, false])
    let taken = Locked([Int]())
    onThreads(3) { _ in
      let block =
        if isMended {
          isBusy { busy in
            let free = busy.firstIndex(of: false)
            if let free { busy[free] = true }
            return free
          }
        } else {
          {
            let free = isBusy.get().firstIndex(of: false)
            isBusy { busy in if let free { busy[free] = true } }
            return free
          }()
        }
      if let block { taken { $0.append(block) } }
    }
    let blocks = taken.get()
    try check(Set(blocks).count == blocks.count, "a block is given twice: \(blocks)")
  }
}
