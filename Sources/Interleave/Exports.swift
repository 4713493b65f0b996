@_exported import InterleaveEngine
