import Foundation

/// Starts threads that load a library and unload it, again and again.
func startLoaders() {
  for _ in 0..<2 {
    Thread.detachNewThread {
      while true {
        guard let library = dlopen("libutil.so.1", RTLD_NOW) else { fatalError("no library") }
        dlclose(library)
      }
    }
  }
}
