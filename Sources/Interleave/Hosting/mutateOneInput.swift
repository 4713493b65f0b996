import CInterleave
import InterleaveEngine

/// Changes an engine's input a little: what is generated as the engine would, or the schedule by
/// another choice.
///
/// An engine changes bytes without knowing what they are read as. This changes one thing at a time,
/// where the run of the input has read it: a choice of the schedule, by asking for another step or
/// none, or a moment sooner or later, or what the run's terms are; or the values, by what the engine
/// does itself, all of the schedule left as it was. For libFuzzer:
///
/// ```swift
/// @_cdecl("LLVMFuzzerCustomMutator")
/// public func mutate(
///   _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
/// ) -> Int {
///   mutateOneInput(bytes, count, limit: limit, seed: seed)
/// }
/// ```
///
/// - Parameters:
///   - bytes: The input, with room for as many bytes as the limit says.
///   - count: How many bytes it has.
///   - limit: How many it may have then.
///   - seed: What chance depends on; equal seeds change an input in the same way.
/// - Returns: How many bytes it has then.
public func mutateOneInput(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, limit: Int, seed: UInt32
) -> Int {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  // Of what has not been run, nothing is known.
  guard let borders = KnownBorders[input] else { return il_engine_mutate(bytes, count, limit) }
  var random = SplitMix64(seed: UInt64(seed))
  var parts = TapeParts(input, borders)
  if !parts.values.isEmpty, random.chance(1, in: 2) {
    parts.changeValues(&random) {
      $0.withUnsafeMutableBufferPointer { values in
        guard let first = values.baseAddress else { return }
        _ = il_engine_mutate(first, values.count, values.count)
      }
    }
  } else {
    parts.changeSchedule(&random)
  }
  return put(parts.bytes(limit: limit), into: bytes)
}

/// Makes an engine's input of two: the values of one with the schedule of the other, or a part of
/// either.
///
/// For libFuzzer:
///
/// ```swift
/// @_cdecl("LLVMFuzzerCustomCrossOver")
/// public func crossOver(
///   _ first: UnsafePointer<UInt8>, _ firstCount: Int, _ second: UnsafePointer<UInt8>,
///   _ secondCount: Int, _ out: UnsafeMutablePointer<UInt8>, _ limit: Int, _ seed: UInt32
/// ) -> Int {
///   crossOverInputs(first, firstCount, second, secondCount, into: out, limit: limit, seed: seed)
/// }
/// ```
///
/// - Parameters:
///   - first: An input.
///   - firstCount: How many bytes it has.
///   - second: Another one.
///   - secondCount: How many bytes that has.
///   - out: Where the new one is written.
///   - limit: How many bytes it may have.
///   - seed: What chance depends on.
/// - Returns: How many bytes it has; 0 where one of the two has not been run.
public func crossOverInputs(
  _ first: UnsafePointer<UInt8>, _ firstCount: Int, _ second: UnsafePointer<UInt8>,
  _ secondCount: Int, into out: UnsafeMutablePointer<UInt8>, limit: Int, seed: UInt32
) -> Int {
  let inputs = [(first, firstCount), (second, secondCount)].map {
    Array(UnsafeBufferPointer(start: $0, count: $1))
  }
  let known = inputs.compactMap { input in KnownBorders[input].map { TapeParts(input, $0) } }
  guard known.count == 2 else { return 0 }
  var random = SplitMix64(seed: UInt64(seed))
  var parts = known[0]
  parts.cross(with: known[1], &random)
  return put(parts.bytes(limit: limit), into: out)
}

private func put(_ bytes: [UInt8], into out: UnsafeMutablePointer<UInt8>) -> Int {
  for (index, byte) in bytes.enumerated() { out[index] = byte }
  return bytes.count
}
