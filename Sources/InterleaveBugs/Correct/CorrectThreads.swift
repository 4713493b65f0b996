import Foundation

extension CorrectProgram {
  /// What belongs to a thread belongs to a step while that runs.
  static let threads = [threadDictionary, threadSpecific, errorNumber, currentThread]

  private static let threadDictionary = CorrectProgram("a mark in the thread's dictionary") {
    let other = Locked(0)
    try await InterleaveBugs.all(3) { _ in
      let mine = Thread.current.threadDictionary
      try check(mine["inside"] == nil, "another step's mark was found")
      mine["inside"] = true
      other { $0 += 1 }
      other { $0 += 1 }
      try check(mine["inside"] != nil, "the step's mark is gone")
      mine["inside"] = nil
    }
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private static let threadSpecific = CorrectProgram("a value of the thread's own") {
    let other = Locked(0)
    try await InterleaveBugs.all(3) { number in
      try check(pthread_getspecific(key) == nil, "another step's value was found")
      let mine = UnsafeRawPointer(bitPattern: number + 1)
      pthread_setspecific(key, mine)
      other { $0 += 1 }
      other { $0 += 1 }
      try check(
        UnsafeRawPointer(pthread_getspecific(key)) == mine, "another step's value was found")
      pthread_setspecific(key, nil)
    }
  }

  private static let errorNumber = CorrectProgram("the number of the last error") {
    let other = Locked(0)
    try await InterleaveBugs.all(3) { number in
      errno = Int32(number + 1)
      other { $0 += 1 }
      other { $0 += 1 }
      try check(errno == number + 1, "another step's error was found")
    }
  }

  private static let currentThread = CorrectProgram("a step stays on its thread") {
    let other = Locked(0)
    try await InterleaveBugs.all(3) { _ in
      let thread = Thread.current
      other { $0 += 1 }
      other { $0 += 1 }
      try check(Thread.current === thread, "a step went on upon another thread")
    }
  }
}
