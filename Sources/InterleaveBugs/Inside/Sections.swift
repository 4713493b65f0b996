extension BugProgram {
  /// Something happens between two sections under one lock that belong together.
  static let sections = [
    lostDeposit, tornPair, madeTwice, flagFirst, staleCount, goneKey, overdrawnPermits,
    triedAndLeft, triedAndDropped,
    upgradedRead, usedWhenClosed, countedDownTwice, freedTwice, calledWhenRemoved, staleCache,
    leftInQueue,
  ]

  /// A balance is read in one section and written in another: an update is lost.
  private static let lostDeposit = BugProgram("inside_lostdeposit", depth: 2, need: .before) {
    isMended in
    let balance = Locked(0)
    let deposit: @Sendable () -> Void = {
      if isMended { return balance { $0 += 1 } }
      let before = balance.get()
      balance.set(before + 1)
    }
    await both(deposit, deposit)
    try check(balance.get() == 2, "a deposit was lost")
  }

  /// Two values that belong together are written in two sections: a reader sees one of them.
  private static let tornPair = BugProgram("inside_tornpair", depth: 2, need: .before) { isMended in
    let pair = Locked((left: 0, right: 0))
    try await both(
      {
        if isMended { return pair.set((1, 1)) }
        pair { $0.left = 1 }
        pair { $0.right = 1 }
      },
      {
        let seen = pair.get()
        try check(seen.left == seen.right, "the reader saw half of what was written")
      })
  }

  /// Whether a value is there is asked in one section, and it is made in another: two are made.
  private static let madeTwice = BugProgram("inside_madetwice", depth: 2, need: .before) {
    isMended in
    let value = Locked<Int?>(nil)
    let made = Locked(0)
    let use: @Sendable () -> Void = {
      guard value.get() == nil else { return }
      value { value in
        if isMended, value != nil { return }
        made { $0 += 1 }
        value = 1
      }
    }
    await both(use, use)
    try check(made.get() == 1, "the value was made \(made.get()) times")
  }

  /// A flag is set before what it stands for is done: somebody goes on without that.
  private static let flagFirst = BugProgram("inside_flagfirst", depth: 2, need: .before) {
    isMended in
    let state = Locked((isReady: false, value: Int?.none))
    let use: @Sendable () throws -> Void = {
      let isFirst = state { state -> Bool in
        if state.isReady { return false }
        state.isReady = true
        if isMended { state.value = 1 }
        return true
      }
      if isFirst, !isMended { state { $0.value = 1 } }
      try check(state.get().value != nil, "what is ready is not there")
    }
    try await both(use, use)
  }

  /// Elements are counted in one section, and the last is taken in another: it is gone.
  private static let staleCount = BugProgram("inside_stalecount", depth: 2, need: .before) {
    isMended in
    let elements = Locked([1])
    let take: @Sendable () throws -> Void = {
      if isMended {
        _ = elements { $0.popLast() }
        return
      }
      let count = elements { $0.count }
      guard count > 0 else { return }
      let last = elements { elements -> Int? in
        elements.indices.contains(count - 1) ? elements.remove(at: count - 1) : nil
      }
      try check(last != nil, "the element is gone that was counted")
    }
    try await both(take, take)
  }

  /// A key is looked for in one section, and removed in another: somebody else has removed it.
  private static let goneKey = BugProgram("inside_gonekey", depth: 2, need: .before) { isMended in
    let table = Locked(["key": 1])
    let removed = Locked(0)
    let remove: @Sendable () -> Void = {
      if isMended {
        if table({ $0.removeValue(forKey: "key") }) != nil { removed { $0 += 1 } }
      } else if table.get()["key"] != nil {
        table { $0["key"] = nil }
        removed { $0 += 1 }
      }
    }
    await both(remove, remove)
    try check(removed.get() == 1, "the key was removed \(removed.get()) times")
  }

  /// Two ask whether a permit is left before either takes it.
  private static let overdrawnPermits = BugProgram(
    "inside_overdrawnpermits", depth: 2, need: .before
  ) { isMended in
    let permits = Locked(1)
    let take: @Sendable () -> Void = {
      if isMended {
        permits { if $0 > 0 { $0 -= 1 } }
      } else if permits.get() > 0 {
        permits { $0 -= 1 }
      }
    }
    await both(take, take)
    try check(permits.get() >= 0, "more permits were taken than there were")
  }

  /// Who finds the lock taken leaves its work undone.
  private static let triedAndLeft = BugProgram("inside_triedandleft", depth: 2, need: .before) {
    isMended in
    let work = TriedWork()
    let log = Locked<[Int]>([])
    let count: @Sendable () -> Void = {
      work.count(waits: isMended) { log { $0.append(1) } }
    }
    await both(count, count)
    try check(work.count == 2, "\(2 - work.count) of 2 events were not counted")
  }

  /// The same where nothing that is done with the lock is a point: only who tries to take it can tell
  /// that somebody has it.
  private static let triedAndDropped = BugProgram(
    "inside_triedanddropped", depth: 2, need: .before
  ) { isMended in
    let work = TriedWork()
    let count: @Sendable () -> Void = { work.count(waits: isMended) {} }
    await both(count, count)
    try check(work.count == 2, "\(2 - work.count) of 2 events were not counted")
  }

  /// What was looked for under the lock for reading is written under that for writing, without
  /// another look.
  private static let upgradedRead = BugProgram("inside_upgradedread", depth: 2, need: .before) {
    isMended in
    let table = SharedTable()
    let add: @Sendable () -> Void = {
      if !table.hasEntry { table.add(looksAgain: isMended) }
    }
    await both(add, add)
    try check(table.entries == 1, "the entry was made \(table.entries) times")
  }

  /// Something is used that was closed since it was asked whether it is open.
  private static let usedWhenClosed = BugProgram("inside_usedwhenclosed", depth: 2, need: .before) {
    isMended in
    let file = Locked((isOpen: true, isUsedWhenClosed: false))
    await both(
      {
        if isMended {
          file { if $0.isOpen { $0.isUsedWhenClosed = !$0.isOpen } }
        } else if file.get().isOpen {
          file { $0.isUsedWhenClosed = !$0.isOpen }
        }
      },
      { file { $0.isOpen = false } })
    try check(!file.get().isUsedWhenClosed, "the file was used after it was closed")
  }

  /// Two count down before either asks who was the last.
  private static let countedDownTwice = BugProgram(
    "inside_counteddowntwice", depth: 2, need: .before
  ) { isMended in
    let rest = Locked(2)
    let completions = Locked(0)
    let finish: @Sendable () -> Void = {
      let left: Int
      if isMended {
        left = rest {
          $0 -= 1
          return $0
        }
      } else {
        rest { $0 -= 1 }
        left = rest.get()
      }
      if left == 0 { completions { $0 += 1 } }
    }
    await both(finish, finish)
    try check(completions.get() == 1, "the work was completed \(completions.get()) times")
  }

  /// The last reference is let go of twice, since it is counted in one section and freed in another.
  private static let freedTwice = BugProgram("inside_freedtwice", depth: 2, need: .before) {
    isMended in
    let object = Locked((references: 2, frees: 0))
    let release: @Sendable () -> Void = {
      if isMended {
        object {
          $0.references -= 1
          if $0.references == 0 { $0.frees += 1 }
        }
        return
      }
      object { $0.references -= 1 }
      object { if $0.references == 0 { $0.frees += 1 } }
    }
    await both(release, release)
    try check(object.get().frees == 1, "the object was freed \(object.get().frees) times")
  }

  /// An observer is called that was removed after the list of observers was copied.
  private static let calledWhenRemoved = BugProgram(
    "inside_calledwhenremoved", depth: 2, need: .before
  ) { isMended in
    let isObserving = Locked(true)
    let observer = Locked((isAlive: true, isCalledDead: false))
    await both(
      {
        if isMended {
          observer { if $0.isAlive { $0.isCalledDead = !$0.isAlive } }
        } else if isObserving.get() {
          observer { $0.isCalledDead = !$0.isAlive }
        }
      },
      {
        isObserving.set(false)
        observer { $0.isAlive = false }
      })
    try check(!observer.get().isCalledDead, "an observer was called after it was removed")
  }

  /// A value is put into the cache that was read before it changed.
  private static let staleCache = BugProgram("inside_stalecache", depth: 2, need: .before) {
    isMended in
    let source = Locked(1)
    let cache = Locked((value: Int?.none, version: 0))
    await both(
      {
        let version = cache.get().version
        let value = source.get()
        cache { if !isMended || $0.version == version { $0.value = value } }
      },
      {
        source.set(2)
        cache {
          $0.value = nil
          $0.version += 1
        }
      })
    let cached = cache.get().value
    try check(cached == nil || cached == 2, "the cache keeps what has changed since")
  }

  /// Work is put into a queue that was closed, and emptied, since it was asked.
  private static let leftInQueue = BugProgram("inside_leftinqueue", depth: 2, need: .before) {
    isMended in
    let queue = Locked((isOpen: true, work: [Int]()))
    await both(
      {
        if isMended {
          queue { if $0.isOpen { $0.work.append(1) } }
        } else if queue.get().isOpen {
          queue { $0.work.append(1) }
        }
      },
      {
        queue {
          $0.isOpen = false
          $0.work.removeAll()
        }
      })
    try check(queue.get().work.isEmpty, "work is left that nobody does")
  }
}
