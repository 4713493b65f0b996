// Which functions of other libraries are known to share nothing between steps, or only
// what is noted as touched. All others may do anything: a proof is never claimed over them.

#include "known.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "watchlist.h"

typedef const char *const names[];

static bool is_one_of(const char *text, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(text, list[i])) return true;
  return false;
}

static bool begins_with_one_of(const char *text, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (begins_with(text, list[i])) return true;
  return false;
}

static bool contains_one_of(const char *text, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strstr(text, list[i])) return true;
  return false;
}

#define IS_ONE_OF(text, list) is_one_of(text, list, sizeof list / sizeof *list)
#define BEGINS_WITH_ONE_OF(text, list) \
  begins_with_one_of(text, list, sizeof list / sizeof *list)
#define CONTAINS_ONE_OF(text, list) contains_one_of(text, list, sizeof list / sizeof *list)

// MARK: - The C library

static names c_functions = {
    // Memory and text.
    "malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "reallocarray",
    "malloc_usable_size", "bcmp", "bcopy", "bzero", "explicit_bzero", "bsearch", "qsort",
    "qsort_r", "lfind", "tolower", "toupper", "abs", "labs", "llabs", "div", "ldiv", "lldiv",
    "ffs", "ffsl", "ffsll", "snprintf", "vsnprintf", "sprintf", "vsprintf", "asprintf",
    "vasprintf", "sscanf", "vsscanf", "atoi", "atol", "atoll", "atof", "imaxabs", "__memcpy_chk",
    "__memmove_chk", "__memset_chk", "__snprintf_chk", "__vsnprintf_chk", "__sprintf_chk",
    "__strcpy_chk", "__strcat_chk", "__strncpy_chk", "index", "rindex", "basename", "dirname",
    // What is printed is nobody's state.
    "printf", "vprintf", "puts", "putchar", "putc", "fputc", "fputs", "fwrite", "fprintf",
    "vfprintf", "fflush", "perror", "putchar_unlocked", "__printf_chk", "__fprintf_chk",
    "__vfprintf_chk", "flockfile", "funlockfile",
    // What never changes, but by functions that are not known.
    "getenv", "secure_getenv", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid",
    "getpagesize", "sysconf", "gethostname", "uname", "gnu_get_libc_version", "dladdr",
    "dl_iterate_phdr", "gmtime_r", "localtime_r", "mktime", "timegm", "strftime", "difftime",
    "clock_getres", "setlocale", "localeconv", "newlocale", "uselocale", "freelocale",
    "nl_langinfo", "sched_yield", "sched_getcpu", "get_nprocs", "backtrace",
    // Ends, and what belongs to the language.
    "abort", "exit", "_exit", "atexit", "__assert_fail", "__stack_chk_fail", "__chk_fail",
    "__errno_location", "__tls_get_addr", "__libc_start_main", "__gmon_start__",
    "__ctype_b_loc", "__ctype_tolower_loc", "__ctype_toupper_loc", "setjmp", "_setjmp",
    "__sigsetjmp", "longjmp", "__longjmp_chk",
    // Locks: taking one is noted, and what is given back was taken.
    "pthread_mutex_init", "pthread_mutex_destroy", "pthread_mutex_lock", "pthread_mutex_unlock",
    "pthread_mutexattr_init", "pthread_mutexattr_destroy", "pthread_mutexattr_settype",
    "pthread_rwlock_init", "pthread_rwlock_destroy", "pthread_rwlock_unlock",
    "pthread_spin_init", "pthread_spin_destroy", "pthread_spin_unlock", "pthread_cond_destroy",
    "pthread_cond_signal", "pthread_cond_broadcast", "pthread_condattr_init",
    "pthread_condattr_destroy", "pthread_condattr_setclock", "pthread_once", "pthread_self",
    "pthread_equal",
};

static names c_families = {
    "mem", "str", "stp", "wcs", "wmem", "isw", "tow", "isal", "isdigit", "isspace", "isupper",
    "islower", "ispunct", "isprint", "isxdigit", "iscntrl", "isgraph", "isblank", "isascii",
    "__isoc99_sscanf", "__isoc99_vsscanf", "__isoc23_sscanf", "__isoc23_strto", "__isoc23_wcsto",
    "__str", "__mem", "__cxa_", "_Unwind_", "_ITM_", "__gcc_", "__div", "__mod", "__mul",
    "__udiv", "__umod", "__float", "__fix", "__trunc", "__extend",
};

// These keep something, although their families do not.
static names c_exceptions = {"strtok", "memfd_create", "strsignal"};

static il_call_kind judge_c(const char *symbol) {
  bool is_known = (IS_ONE_OF(symbol, c_functions) || BEGINS_WITH_ONE_OF(symbol, c_families)) &&
                  !IS_ONE_OF(symbol, c_exceptions);
  return is_known ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
}

static names cpp_families = {
    "_Zn", "_Zd", "__cxa_", "__gxx_", "__dynamic_cast", "_ZSt9terminatev", "_ZSt17__throw",
    "_ZSt16__throw", "_ZSt19__throw", "_ZSt20__throw", "_ZSt24__throw", "_ZSt28__throw",
    "_ZSt18_Rb_tree", "_ZSt29_Rb_tree", "_ZNSt7__cxx1112basic_string",
    "_ZNKSt7__cxx1112basic_string", "_ZNSs", "_ZNKSs", "_ZNSt8__detail", "_ZNKSt8__detail",
    "_ZNSt9exception", "_ZNKSt9exception", "_ZSt11_Hash_bytes",
};

// MARK: - The standard library

// These tell what depends on who lets go of an object when.
static names lifetime_functions = {
    "swift_weakLoadStrong", "swift_weakTakeStrong", "swift_unknownObjectWeakLoadStrong",
    "swift_unknownObjectWeakTakeStrong", "swift_unownedRetainStrong",
    "swift_unownedRetainStrongAndRelease", "swift_unknownObjectUnownedLoadStrong",
    "swift_unknownObjectUnownedTakeStrong", "swift_nonatomic_unownedRetainStrong",
    "swift_retainCount", "swift_unownedRetainCount", "swift_weakRetainCount",
};

static names lifetime_members = {
    "15_getRetainCount", "19_getWeakRetainCount", "22_getUnownedRetainCount",
    "17isUniqueReference",
};

static names uniqueness_functions = {
    "swift_isUniquelyReferenced", "$ss25isKnownUniquelyReferenced",
};

static il_call_kind judge_core(const char *symbol) {
  if (IS_ONE_OF(symbol, lifetime_functions) || CONTAINS_ONE_OF(symbol, lifetime_members))
    return IL_CALL_LIFETIME;
  if (BEGINS_WITH_ONE_OF(symbol, uniqueness_functions)) return IL_CALL_UNIQUENESS;
  return begins_with(symbol, "$ss8readLine") ? IL_CALL_UNKNOWN : IL_CALL_KNOWN;
}

// MARK: - Concurrency

static names concurrency_functions = {
    "swift_task_alloc", "swift_task_dealloc", "swift_task_create", "swift_task_immediate",
    "swift_task_switch", "swift_task_getCurrent", "swift_task_getMainExecutor",
    "swift_task_getJobTaskId", "swift_task_isCurrentExecutor", "swift_task_isCancelled",
    "swift_task_isOnExecutor", "swift_task_localValue", "swift_task_localsCopyTo",
    "swift_task_addCancellationHandler", "swift_task_removeCancellationHandler",
    "swift_task_hasTaskGroupStatusRecord", "swift_task_reportUnexpectedExecutor",
    "swift_task_pushTaskExecutorPreference", "swift_task_popTaskExecutorPreference",
    "swift_task_getPreferredTaskExecutor", "swift_task_deinitOnExecutor",
    "swift_task_asyncMainDrainQueue", "swift_task_future_wait", "swift_asyncLet_",
    "swift_continuation_", "swift_taskGroup_", "swift_defaultActor_", "swift_job_run",
};

// Actors, continuations, executors, groups, sequences, streams and priorities, all but
// `Task` and `UnsafeCurrentTask`.
static names concurrency_types = {
    "$sScA", "$sScC", "$sScc", "$sScE", "$sSce", "$sScF", "$sScf", "$sScG", "$sScg", "$sSch",
    "$sScI", "$sSci", "$sScJ", "$sScM", "$sScP", "$sScS", "$sScs",
};

static names task_members = {
    "5value", "6result", "6cancel", "11isCancelled", "17checkCancellation", "5sleep", "5yield",
    "8detached", "9immediate", "17immediateDetached", "4name", "4hash", "2eeoi", "12basePriority",
    "16startOnMainActor", "11startOnMain", "8priority9operation", "4name8priority",
};

static names concurrency_names = {
    "13withTaskGroup", "21withThrowingTaskGroup", "23withDiscardingTaskGroup",
    "31withThrowingDiscardingTaskGroup", "23withCheckedContinuation",
    "31withCheckedThrowingContinuation", "22withUnsafeContinuation",
    "30withUnsafeThrowingContinuation", "27withTaskCancellationHandler",
    "26withTaskExecutorPreference", "21withUnsafeCurrentTask", "19DiscardingTaskGroup",
    "27ThrowingDiscardingTaskGroup", "9TaskLocal", "8Duration", "5Clock", "15ContinuousClock",
    "15SuspendingClock", "15InstantProtocol", "11GlobalActor", "13_runAsyncMain", "5Async",
    "16AsyncMapSequence", "19AsyncFilterSequence", "23AsyncCompactMapSequence",
    "20AsyncFlatMapSequence", "22AsyncDropFirstSequence", "22AsyncDropWhileSequence",
    "19AsyncPrefixSequence", "24AsyncPrefixWhileSequence", "24AsyncThrowingMapSequence",
    "27AsyncThrowingFilterSequence", "31AsyncThrowingCompactMapSequence",
    "28AsyncThrowingFlatMapSequence", "30AsyncThrowingDropWhileSequence",
    "32AsyncThrowingPrefixWhileSequence", "22_checkExpectedExecutor", "11JobPriority",
    "11ExecutorJob",
};

static il_call_kind judge_concurrency(const char *symbol) {
  bool is_known = false;
  if (begins_with(symbol, "$sScT") || begins_with(symbol, "$sSct")) {
    is_known = CONTAINS_ONE_OF(symbol, task_members);
  } else if (begins_with(symbol, "$ss")) {
    is_known = BEGINS_WITH_ONE_OF(symbol + 3, concurrency_names);
  } else {
    is_known = BEGINS_WITH_ONE_OF(symbol, concurrency_types) ||
               BEGINS_WITH_ONE_OF(symbol, concurrency_functions);
  }
  return is_known ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
}

// MARK: - Dispatch

static names dispatch_members = {
    // A queue, and what it does at once or by others, which is seen as an escape.
    "0A5QueueC5label", "0A5QueueC4sync", "0A5QueueC5async", "0A5QueueC6global", "0A5QueueC4main",
    "0A5QueueC10Attributes", "0A5QueueC20AutoreleaseFrequency", "0A5QueueC6GlobalQueue",
    "0A9SemaphoreC5value", "0A9SemaphoreC6signal", "0A9SemaphoreC4waityyF", "0A3QoSV",
    "0A4TimeV", "0A8WallTimeV", "0A12TimeIntervalO", "0A13TimeoutResultO", "0A4DataV",
    "0A13WorkItemFlagsV", "0A9PredicateO", "1poiy", "1soiy", "0A12Precondition",
    "21_dispatchPreconditionTest",
};

static names dispatch_functions = {
    "dispatch_time", "dispatch_walltime", "dispatch_retain", "dispatch_release",
    "dispatch_queue_create", "dispatch_get_global_queue", "_dispatch_main_q",
    "dispatch_assert_queue",
};

static il_call_kind judge_dispatch(const char *symbol) {
  bool is_known = begins_with(symbol, "$s8Dispatch")
                      ? BEGINS_WITH_ONE_OF(symbol + 11, dispatch_members)
                      : BEGINS_WITH_ONE_OF(symbol, dispatch_functions);
  return is_known ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
}

// MARK: - Foundation

// Values, locks (whose own locks are noted), coders, and what is no more than a wrapper.
static names foundation_types = {
    "4Data", "4Date", "12DateInterval", "14DateComponents", "4UUID", "3URL", "13URLComponents",
    "12URLQueryItem", "7Decimal", "9IndexPath", "8IndexSet", "12CharacterSet",
    "20PersonNameComponents", "6Locale", "8TimeZone", "8Calendar", "11Measurement", "4Unit",
    "13UnitDimension", "11Dimension", "9Dimension", "5Error", "10CocoaError", "10POSIXError",
    "14LocalizedError", "13CustomNSError", "8URLError", "16RecoverableError",
    "16AttributedString", "11JSONEncoder", "11JSONDecoder", "19PropertyListEncoder",
    "19PropertyListDecoder", "17JSONSerialization", "14SortDescriptor", "14SortComparator",
    "18KeyPathComparator", "9SortOrder", "11FormatStyle", "10ParseStrategy",
    "16ComparisonResult", "8ObjCBool", "6NSLock", "9NSLocking", "15NSRecursiveLock", "11NSCondition",
    "8NSObject", "8NSNumber", "8NSString", "15NSMutableString", "6NSData", "13NSMutableData",
    "6NSDate", "6NSUUID", "5NSURL", "7NSArray", "14NSMutableArray", "12NSDictionary",
    "19NSMutableDictionary", "5NSSet", "12NSMutableSet", "6NSNull", "7NSValue", "7NSError",
    "8_NSRange", "7NSRange", "9NSDecimal", "6CGRect", "6CGSize", "7CGPoint", "7CGFloat",
    "11ProcessInfo", "13NSProcessInfo", "12Notification", "7Predicate", "7stringE",
    "9StringEncodingError", "19ReferenceConvertible", "21_ObjectiveCBridgeable",
    "17FloatingPointFormatStyle", "18IntegerFormatStyle", "13DecimalFormat",
    "14ByteCountFormatStyle", "17NSNotFound", "17MachErrorCode", "15POSIXErrorCode",
};

// What writes to files, or reads from them.
static names foundation_files = {
    "5write", "V10contentsOf", "E10contentsOf", "14contentsOfFile", "14resourceValues",
    "8bookmark", "11isReachable", "23checkResourceIsReachable", "22resolvingSymlinksInPath",
    "20resolveSymlinksInPath", "17standardizingPath", "9temporary", "6expand",
    "27homeDirectory", "13homeDirectory",
};

static const char *after_module(const char *symbol) {
  static names modules = {"$s10Foundation", "$s20FoundationEssentials",
                          "$s29FoundationInternationalization"};
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
    if (begins_with(symbol, modules[i])) return symbol + strlen(modules[i]);
  return NULL;
}

static bool is_known_of_foundation(const char *symbol) {
  if (CONTAINS_ONE_OF(symbol, foundation_files)) return false;
  const char *type = after_module(symbol);
  if (type && begins_with(type, "5NSLog")) return true;
  // The standard library's own types as Foundation extends them.
  if (!type) return begins_with(symbol, "$sS") || begins_with(symbol, "$ss") ||
                    begins_with(symbol, "$s12_");
  for (size_t i = 0; i < sizeof foundation_types / sizeof *foundation_types; i++) {
    const char *known = foundation_types[i];
    if (!begins_with(type, known)) continue;
    const char *kind = type + strlen(known);
    // The identifier is as long as it says, so that what follows is what it names.
    if (*kind == 'V' || *kind == 'C' || *kind == 'O' || *kind == 'P' || *kind == 'E' ||
        *kind == 'a' || *kind == 's') return true;
  }
  return false;
}

static il_call_kind judge_foundation(const char *symbol) {
  return is_known_of_foundation(symbol) ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
}

// MARK: - Testing

static names xctest_names = {
    "$s6XCTest9XCTAssert", "$s6XCTest12XCTAssert", "$s6XCTest13XCTAssert", "$s6XCTest14XCTAssert",
    "$s6XCTest7XCTFail", "$s6XCTest9XCTUnwrap", "$s6XCTest7XCTSkip", "$s6XCTest11XCTSkip",
};

static bool is_assertion(const char *symbol) {
  return BEGINS_WITH_ONE_OF(symbol, xctest_names) ||
         (begins_with(symbol, "$s6XCTest") && strstr(symbol, "XCTAssert"));
}

// MARK: - All

static names glibc_values = {"5errno", "S_I", "SIG_", "MAP_FAILED", "stdout", "stderr"};

static names harmless_libraries = {
    "libswiftSwiftOnoneSupport.so", "libswift_StringProcessing.so", "libswift_RegexParser.so",
    "libswiftRegexBuilder.so", "libswiftRuntime.so", "libswift_Builtin_float.so",
    "libswift_Differentiation.so", "libTesting.so", "lib_Testing_Foundation.so",
    "lib_TestingInterop.so", "libBlocksRuntime.so", "libm.so.6", "libgcc_s.so.1",
    "libswiftCxxStdlib.so",
};

il_call_kind il_judge_call(const char *path, const char *symbol) {
  const char *slash = strrchr(path, '/');
  const char *library = slash ? slash + 1 : path;
  // To ask for a type's metadata, or for its witnesses, is to do nothing with it.
  if (begins_with(symbol, "$s") && (ends_with(symbol, "Ma") || ends_with(symbol, "Wl") ||
                                    ends_with(symbol, "WI") || ends_with(symbol, "Mm")))
    return IL_CALL_KNOWN;
  if (IS_ONE_OF(library, harmless_libraries)) return IL_CALL_KNOWN;
  if (!strcmp(library, "libswiftCore.so")) return judge_core(symbol);
  if (!strcmp(library, "libswift_Concurrency.so")) return judge_concurrency(symbol);
  if (!strcmp(library, "libswiftSynchronization.so")) return IL_CALL_ATOMIC;
  if (begins_with(library, "libFoundation")) return judge_foundation(symbol);
  if (!strcmp(library, "libswiftDispatch.so") || !strcmp(library, "libdispatch.so"))
    return judge_dispatch(symbol);
  if (!strcmp(library, "libXCTest.so"))
    return is_assertion(symbol) ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
  if (!strcmp(library, "libswiftGlibc.so"))
    return CONTAINS_ONE_OF(symbol, glibc_values) ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
  if (begins_with(library, "libc.so") || begins_with(library, "ld-linux") ||
      begins_with(library, "libpthread.so") || begins_with(library, "linux-vdso"))
    return judge_c(symbol);
  if (begins_with(library, "libstdc++"))
    return BEGINS_WITH_ONE_OF(symbol, cpp_families) ? IL_CALL_KNOWN : IL_CALL_UNKNOWN;
  return IL_CALL_UNKNOWN;
}
