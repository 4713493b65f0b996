@_exported public import InterleaveEngine
