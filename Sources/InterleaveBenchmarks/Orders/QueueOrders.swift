import Dispatch
import Foundation

extension OrderProgram {
  static let all = queues + threads

  private static let queues = [
    OrderProgram("serial queue, one after the other", ["abc"]) { log in
      let queue = DispatchQueue(label: "serial")
      for mark in ["a", "b", "c"] { queue.async { log.mark(mark) } }
      queue.sync {}
    },
    OrderProgram("serial queue, from two threads", merges(["ab", "xy"])) { log in
      let queue = DispatchQueue(label: "serial")
      together(
        { for mark in ["a", "b"] { queue.async { log.mark(mark) } } },
        { for mark in ["x", "y"] { queue.async { log.mark(mark) } } })
      queue.sync {}
    },
    OrderProgram("serial queue, a block as a whole", ["aaxx", "xxaa"]) { log in
      let queue = DispatchQueue(label: "serial")
      together(
        { queue.async { log.mark("aa", twice: true) } },
        { queue.sync { log.mark("xx", twice: true) } })
      queue.sync {}
    },
    OrderProgram("concurrent queue", merges(["a", "b", "c"])) { log in
      let queue = DispatchQueue(label: "concurrent", attributes: .concurrent)
      for mark in ["a", "b", "c"] { queue.async { log.mark(mark) } }
      queue.sync(flags: .barrier) {}
    },
    OrderProgram("barrier", merges(["a", "b"]) * ["X"] * merges(["c", "d"])) { log in
      let queue = DispatchQueue(label: "concurrent", attributes: .concurrent)
      for mark in ["a", "b"] { queue.async { log.mark(mark) } }
      queue.async(flags: .barrier) { log.mark("X") }
      for mark in ["c", "d"] { queue.async { log.mark(mark) } }
      queue.sync(flags: .barrier) {}
    },
    OrderProgram("sync, after what was handed in", ["abc"]) { log in
      let queue = DispatchQueue(label: "serial")
      queue.async { log.mark("a") }
      queue.sync { log.mark("b") }
      log.mark("c")
    },
    OrderProgram("two queues with one target", ["aaxx", "xxaa"]) { log in
      let target = DispatchQueue(label: "target")
      let queues = ["one", "other"].map { DispatchQueue(label: $0, target: target) }
      together(
        { queues[0].async { log.mark("aa", twice: true) } },
        { queues[1].async { log.mark("xx", twice: true) } })
      for queue in queues { queue.sync {} }
    },
    OrderProgram("group, notified once all are done", merges(["a", "b"]) * ["n"]) { log in
      let (group, done) = (DispatchGroup(), DispatchSemaphore(value: 0))
      for mark in ["a", "b"] { DispatchQueue.global().async(group: group) { log.mark(mark) } }
      group.notify(queue: DispatchQueue(label: "notified")) {
        log.mark("n")
        done.signal()
      }
      done.wait()
    },
    OrderProgram("group, waited for", merges(["a", "b"]) * ["w"]) { log in
      let group = DispatchGroup()
      for mark in ["a", "b"] {
        group.enter()
        DispatchQueue.global().async {
          log.mark(mark)
          group.leave()
        }
      }
      group.wait()
      log.mark("w")
    },
    OrderProgram("later, by the time", ["ab"]) { log in
      let (queue, done) = (DispatchQueue(label: "serial"), DispatchSemaphore(value: 0))
      let now = DispatchTime.now()
      queue.asyncAfter(deadline: now + .milliseconds(30)) {
        log.mark("b")
        done.signal()
      }
      queue.asyncAfter(deadline: now + .milliseconds(2)) { log.mark("a") }
      done.wait()
    },
    OrderProgram("work item that is cancelled", ["c", "xc", "cx"]) { log in
      let queue = DispatchQueue(label: "serial")
      let item = DispatchWorkItem { log.mark("x") }
      queue.async(execute: item)
      item.cancel()
      log.mark("c")
      queue.sync {}
    },
    OrderProgram("work item that notifies", ["xn"]) { log in
      let done = DispatchSemaphore(value: 0)
      let item = DispatchWorkItem { log.mark("x") }
      item.notify(queue: .global()) {
        log.mark("n")
        done.signal()
      }
      DispatchQueue.global().async(execute: item)
      done.wait()
    },
    OrderProgram("semaphore as a lock", ["aaxx", "xxaa"]) { log in
      let free = DispatchSemaphore(value: 1)
      let use: @Sendable (String) -> Void = { mark in
        free.wait()
        log.mark(mark, twice: true)
        free.signal()
      }
      together({ use("aa") }, { use("xx") })
    },
    OrderProgram("iterations", merges(["a", "b", "c"])) { log in
      DispatchQueue.concurrentPerform(iterations: 3) { log.mark(["a", "b", "c"][$0]) }
    },
    OrderProgram("operations that depend", merges(["a", "b"]) * ["c"]) { log in
      let operations = ["a", "b", "c"].map { mark in BlockOperation { log.mark(mark) } }
      operations[2].addDependency(operations[0])
      operations[2].addDependency(operations[1])
      OperationQueue().addOperations(operations, waitUntilFinished: true)
    },
  ]
}

extension OrderLog {
  /// Notes something in two halves, between which somebody else might come.
  func mark(_ both: String, twice: Bool) {
    for half in both { mark(String(half)) }
  }
}

/// Runs two closures, each on a thread of its own, until both have ended.
func together(_ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void) {
  let ended = DispatchSemaphore(value: 0)
  for body in [first, second] {
    Thread.detachNewThread {
      body()
      ended.signal()
    }
  }
  for _ in 0..<2 { ended.wait() }
}
