import InterleaveEngine
import Glibc

actor Log { var n = 0; func append() { n += 1 } }
actor Bank {
  var balance: Int
  let log: Log
  init(balance: Int, log: Log) { self.balance = balance; self.log = log }
  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append()
    balance -= amount
    return true
  }
}

final class Box: @unchecked Sendable { var bad = 0 }
func bench(_ n: Int, tasks: Int, calls: Int, _ box: Box) async {
  let log = Log()
  let bank = Bank(balance: 100, log: log)
  await withTaskGroup(of: Void.self) { g in
    for _ in 0..<tasks { g.addTask { for _ in 0..<calls { _ = await bank.withdraw(calls == 1 ? 80 : 1) } } }
  }
  if await bank.balance < 0 { box.bad += 1 }
}

func now() -> Double { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + Double(t.tv_nsec)/1e9 }

let box = Box()
let machine = try! Machine(settings: MachineSettings())
let walk = RandomWalk()
let n = 20000
var sigs = Set<UInt64>()
for (tasks, calls) in [(2, 1), (4, 5)] {
  box.bad = 0
  let t0 = now()
  var steps = 0
  for i in 0..<n {
    let end = machine.run(walk, RunStart(index: i, seed: UInt64(i))) { Task { await bench(i, tasks: tasks, calls: calls, box) } }
    if end != .clean { print("end", end); break }
    steps += machine.stepCount
    sigs.insert(machine.signature)
    machine.finish()
  }
  let t1 = now()
  print("controlled \(Double(n)/(t1-t0)) runs/s, \((t1-t0)/Double(steps)*1e6) us/step, steps \(steps/n) bad \(box.bad) sigs \(sigs.count)")
  let t2 = now()
  for i in 0..<n { await bench(i, tasks: tasks, calls: calls, box) }
  let t3 = now()
  print("native \(Double(n)/(t3-t2)) runs/s; ratio \((t3-t2)/(t1-t0))")
}
let t2 = now()
await Task.detached { for i in 0..<n { await bench(i, tasks: 4, calls: 5, box) } }.value
print("native detached \(Double(n)/(now()-t2))")
