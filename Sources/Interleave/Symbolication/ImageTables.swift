#if os(Linux) && (arch(x86_64) || arch(arm64))
  import CInterleave
  import Foundation

  /// Finds the frames of addresses in the tables of the images that are loaded.
  ///
  /// Those of an image are read once. Its file is mapped into memory only for as long as a
  /// lookup takes: who looks for the images of a process in its memory map takes the lowest
  /// place of a file for that of its code.
  struct ImageTables {
    /// The images in which an address was looked for.
    private(set) var images: [LoadedImage] = []

    /// The frames of each address, in their order; nil where the image has tables that are
    /// not read here.
    mutating func frames(at addresses: [UInt]) -> [AddressFrames?] {
      let places = addresses.map { imageIndex(at: $0) }
      var result: [AddressFrames?] = places.map { $0 == nil ? AddressFrames() : nil }
      for number in Set(places.compactMap(\.self)).sorted() {
        let image = images[number]
        guard let tables = image.tables, let file = image.file() else { continue }
        file.withUnsafeBytes { bytes in
          guard tables.matches(bytes) else { return }
          for index in addresses.indices where places[index] == number {
            result[index] = tables.frames(at: UInt64(addresses[index] - image.base), in: bytes)
          }
        }
      }
      return result
    }

    /// Reads the tables of the image that this code is in.
    mutating func prepare() {
      let create: @convention(c) (UnsafePointer<UInt8>, Int) -> OpaquePointer? = il_binary_create
      _ = imageIndex(at: UInt(bitPattern: unsafeBitCast(create, to: UnsafeRawPointer.self)))
    }

    private mutating func imageIndex(at address: UInt) -> Int? {
      if let index = images.firstIndex(where: { $0.range.contains(address) }) { return index }
      guard let image = LoadedImage(at: address) else { return nil }
      images.append(image)
      return images.count - 1
    }
  }

  /// An image in memory, and the tables of its file.
  struct LoadedImage {
    let path: String
    /// What is added to the addresses in the file.
    let base: UInt
    let range: Range<UInt>
    /// nil where they are not read here.
    let tables: BinaryTables?

    init?(at address: UInt) {
      var image = il_loaded_image()
      var path = [CChar](repeating: 0, count: Int(PATH_MAX))
      guard il_image_at(address, &image, &path, path.count) else { return nil }
      self.path = path.withUnsafeBufferPointer { buffer in
        String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
      base = image.base
      range = image.low..<image.high
      tables = Self.file(at: self.path)?.withUnsafeBytes { bytes in
        BinaryTables(bytes).flatMap { $0.isComplete(in: bytes) ? $0 : nil }
      }
    }

    /// The bytes of its file, as long as they are needed.
    func file() -> Data? { Self.file(at: path) }

    private static func file(at path: String) -> Data? {
      try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    }
  }
#endif
