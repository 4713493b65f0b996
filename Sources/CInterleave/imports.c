// Noticing what a step calls in other libraries, where nothing is known of it.
//
// A call to another library goes through a word that the loader has filled in: a place in the
// table of the program's own imports, or, for methods of classes of the library, a place in
// the class's table of methods. While a proof is attempted, such words lead to a stub each,
// which notes that a step has come by and jumps on. What is known is left as it is, and so is
// everything else while no proof is attempted.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "imports.h"

#include "internal.h"
#include "known.h"
#include "storage.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#endif

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__) && defined(__x86_64__)
enum { STUB = 48, ASYNC_POINTER = 32, PAGE = 4096 };

typedef struct {
  const char *symbol;
  void *target;
  il_call_kind kind;
  /// It is called by way of a class of the library's, and so by the library, too.
  bool is_method;
  uint8_t *stub;
} called;

/// A word that leads to a function, and where it leads.
typedef struct {
  uintptr_t *word;
  uintptr_t original, noting;
} leading_word;

/// Pages that are only read once the loader has filled them in.
typedef struct {
  uintptr_t begin, end;
} sealed_pages;

enum { MOST_SEALED = 256 };

static called *calls;
static size_t call_count, call_capacity;
static leading_word *words;
static size_t word_count, word_capacity;
static sealed_pages sealed[MOST_SEALED];
static size_t sealed_count;
static bool is_complete;
static atomic_bool is_noting;
static const il_image *program;

/// The symbols of all places of the program's through which it calls something.
typedef struct {
  uintptr_t place;
  const char *symbol;
} import_place;
static import_place *places;
static size_t place_count, place_capacity;

// MARK: - Stubs

extern const char __start_il_text[] __attribute__((weak, visibility("hidden")));
extern const char __stop_il_text[] __attribute__((weak, visibility("hidden")));

bool il_is_own_code(uintptr_t address) {
  if (address >= (uintptr_t)__start_il_text && address < (uintptr_t)__stop_il_text) return true;
  const il_function *from = il_function_at(program, address);
  return from && from->is_own;
}

// Methods of a library's classes are called by the library as well, whose doing is part of
// what the program called.
static bool is_of_program(uintptr_t address) {
  return il_function_at(program, address) || il_is_concurrency_code((void *)address);
}

static il_unseen_kind unseen_by(const called *call) {
  switch (call->kind) {
  case IL_CALL_ATOMIC: return IL_UNSEEN_ATOMICS;
  case IL_CALL_LIFETIME:
  case IL_CALL_UNIQUENESS: return IL_UNSEEN_LIFETIME;
  default: return IL_UNSEEN_CALL;
  }
}

// What the runtime offers is handed the object, and what the standard library does a place
// that refers to it.
static bool asks_storage(const called *call, const void *argument) {
  return call->kind == IL_CALL_UNIQUENESS &&
         il_is_storage(*call->symbol == '$' ? *(void *const *)argument : argument);
}

__attribute__((used, visibility("hidden"))) void *il_note_call(const called *call,
                                                               uintptr_t caller,
                                                               const void *argument) {
  il_session *s = il_current;
  if (LIKELY(!s) || !s->notes_unseen || !s->step_task || s->unseen.kind != IL_UNSEEN_NOTHING ||
      il_is_own_code(caller) || (call->is_method && !is_of_program(caller)) ||
      asks_storage(call, argument)) return call->target;
  s->unseen = (il_unseen){
      .kind = unseen_by(call),
      .place = caller, .function = (uintptr_t)call->target,
      .symbol = call->is_method ? NULL : call->symbol};
  return call->target;
}

static void note(il_unseen_kind kind, const void *function, uintptr_t caller) {
  il_session *s = il_current;
  if (!s || !s->notes_unseen || !s->step_task || s->unseen.kind != IL_UNSEEN_NOTHING || il_is_own_code(caller)) return;
  s->unseen = (il_unseen){.kind = kind, .place = caller, .function = (uintptr_t)function};
}

void il_note_trial(const void *function, const void *caller) {
  if (UNLIKELY(atomic_load_explicit(&is_noting, memory_order_relaxed)))
    note(IL_UNSEEN_TRIAL, function, (uintptr_t)caller);
}

void il_note_outside(const void *function, const void *caller) {
  if (UNLIKELY(atomic_load_explicit(&is_noting, memory_order_relaxed)) &&
      il_function_at(program, (uintptr_t)caller))
    note(IL_UNSEEN_CALL, function, (uintptr_t)caller);
}

// Every register that may carry an argument is kept, in the calling conventions of C and
// Swift, and the first argument is handed on; what follows comes with the call's record in `r11`, which belongs to no caller.
__attribute__((naked)) static void noting(void) {
  __asm__ volatile(
      "pushq %rdi\n pushq %rsi\n pushq %rdx\n pushq %rcx\n pushq %r8\n"
      "pushq %r9\n pushq %rax\n pushq %r10\n subq $136, %rsp\n"
      "movups %xmm0, (%rsp)\n movups %xmm1, 16(%rsp)\n movups %xmm2, 32(%rsp)\n"
      "movups %xmm3, 48(%rsp)\n movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n"
      "movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n"
      "movq %r11, %rdi\n movq 200(%rsp), %rsi\n movq 192(%rsp), %rdx\n callq il_note_call\n movq %rax, %r11\n"
      "movups (%rsp), %xmm0\n movups 16(%rsp), %xmm1\n movups 32(%rsp), %xmm2\n"
      "movups 48(%rsp), %xmm3\n movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n"
      "movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n"
      "addq $136, %rsp\n popq %r10\n popq %rax\n popq %r9\n popq %r8\n popq %rcx\n"
      "popq %rdx\n popq %rsi\n popq %rdi\n jmpq *%r11\n");
}

static void write_stub(const called *call) {
  uint8_t *at = call->stub;
  void (*next)(void) = noting;
  memcpy(at, "\x49\xBB", 2);
  memcpy(at + 2, &call, sizeof call);
  memcpy(at + 10, "\xFF\x25\0\0\0\0", 6);
  memcpy(at + 16, &next, sizeof next);
}

// MARK: - Libraries

static void *grown(void *list, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return list;
  *capacity = *capacity ? *capacity * 2 : 256;
  return realloc(list, *capacity * size);
}

static size_t add_call(const char *symbol, void *target, il_call_kind kind, bool is_method) {
  calls = grown(calls, call_count, &call_capacity, sizeof *calls);
  calls[call_count] = (called){symbol, target, kind, is_method, NULL};
  return call_count++;
}

// Until the stubs are made, a word is to lead to the number of its call.
static void add_word(uintptr_t *word, uintptr_t original, size_t call) {
  words = grown(words, word_count, &word_capacity, sizeof *words);
  words[word_count++] = (leading_word){word, original, call};
}

typedef struct {
  const char *path;
  uintptr_t base;
  const Elf64_Sym *symbols;
  const char *names;
  const Elf64_Half *versions;
  const Elf64_Verneed *needs;
  const Elf64_Rela *relocations[2];
  size_t relocation_count[2];
  const uint32_t *hash;
  uintptr_t begin, end, code_begin, code_end;
  size_t need_count;
} library;

static bool read_library(const struct dl_phdr_info *info, library *l) {
  *l = (library){.path = info->dlpi_name, .base = info->dlpi_addr};
  const Elf64_Dyn *dynamic = NULL;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const Elf64_Phdr *header = &info->dlpi_phdr[i];
    uintptr_t begin = l->base + header->p_vaddr, end = begin + header->p_memsz;
    if (header->p_type == PT_DYNAMIC) dynamic = (const void *)begin;
    if (header->p_type == PT_LOAD) {
      if (!l->begin) l->begin = begin;
      l->end = end;
    }
    if (header->p_type == PT_LOAD && header->p_flags & PF_X) {
      if (!l->code_begin) l->code_begin = begin;
      l->code_end = end;
    }
    if (header->p_type == PT_GNU_RELRO && sealed_count < MOST_SEALED) {
      sealed_pages pages = {begin & ~(PAGE - 1ul), end & ~(PAGE - 1ul)};
      if (pages.begin < pages.end) sealed[sealed_count++] = pages;
    }
  }
  if (!dynamic) return false;
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    // The loader has made addresses of these, but for those of images that it may not write to.
    uintptr_t address = dynamic->d_un.d_ptr;
    const void *at = (const void *)(address < l->base ? l->base + address : address);
    switch (dynamic->d_tag) {
    case DT_SYMTAB: l->symbols = at; break;
    case DT_STRTAB: l->names = at; break;
    case DT_VERSYM: l->versions = at; break;
    case DT_VERNEED: l->needs = at; break;
    case DT_VERNEEDNUM: l->need_count = dynamic->d_un.d_val; break;
    case DT_RELA: l->relocations[0] = at; break;
    case DT_RELASZ: l->relocation_count[0] = dynamic->d_un.d_val / sizeof(Elf64_Rela); break;
    case DT_JMPREL: l->relocations[1] = at; break;
    case DT_PLTRELSZ: l->relocation_count[1] = dynamic->d_un.d_val / sizeof(Elf64_Rela); break;
    case DT_GNU_HASH: l->hash = at; break;
    default: break;
    }
  }
  return l->symbols && l->names;
}

// The version that a symbol is wanted in; NULL for any.
static const char *wanted_version(const library *l, size_t symbol) {
  if (!l->versions || !l->needs) return NULL;
  Elf64_Half wanted = l->versions[symbol] & 0x7FFF;
  if (wanted < 2) return NULL;
  const Elf64_Verneed *need = l->needs;
  for (size_t i = 0; i < l->need_count; i++) {
    const Elf64_Vernaux *version = (const void *)((const char *)need + need->vn_aux);
    for (unsigned n = 0; n < need->vn_cnt; n++) {
      if ((version->vna_other & 0x7FFF) == wanted) return l->names + version->vna_name;
      version = (const void *)((const char *)version + version->vna_next);
    }
    need = (const void *)((const char *)need + need->vn_next);
  }
  return NULL;
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), count = strlen(end);
  return length >= count && !strcmp(text + length - count, end);
}

static void add_place(uintptr_t place, const char *symbol) {
  places = grown(places, place_count, &place_capacity, sizeof *places);
  places[place_count++] = (import_place){place, symbol};
}

// What an asynchronous function is known by: how far its code is away, and the size of its context.
typedef struct {
  int32_t distance;
  uint32_t size;
} async_pointer;

static void add_import(const library *l, const Elf64_Rela *relocation) {
  size_t type = ELF64_R_TYPE(relocation->r_info), index = ELF64_R_SYM(relocation->r_info);
  if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) return;
  const Elf64_Sym *symbol = &l->symbols[index];
  const char *name = l->names + symbol->st_name;
  uintptr_t place = l->base + relocation->r_offset;
  if (type != R_X86_64_64) add_place(place, name);
  if (!index || symbol->st_shndx != SHN_UNDEF || relocation->r_addend) return;
  const char *version = wanted_version(l, index);
  void *target = version ? dlvsym(RTLD_DEFAULT, name, version) : NULL;
  if (!target) target = dlsym(RTLD_DEFAULT, name);
  Dl_info defined;
  const Elf64_Sym *definition = NULL;
  if (!target || !dladdr1(target, &defined, (void **)&definition, RTLD_DL_SYMENT)) return;
  // What another image of the program defines is looked through itself, and what we define
  // notes what is to be noted.
  if (il_function_at(program, (uintptr_t)target) || il_is_own_code((uintptr_t)target)) return;
  bool is_async = ends_with(name, "Tu") && !strncmp(name, "$s", 2);
  if (type != R_X86_64_JUMP_SLOT && !is_async) {
    unsigned char kind = definition ? ELF64_ST_TYPE(definition->st_info) : STT_NOTYPE;
    if (kind != STT_FUNC && kind != STT_GNU_IFUNC) return;
  }
  char plain[512];
  const char *judged = name;
  if (is_async && strlen(name) < sizeof plain) {
    strcpy(plain, name);
    plain[strlen(name) - 2] = 0;
    judged = plain;
  }
  il_call_kind kind = il_judge_call(defined.dli_fname, judged);
  if (kind == IL_CALL_KNOWN) return;
  void *code = is_async ? (char *)target + ((const async_pointer *)target)->distance : target;
  size_t call = add_call(name, code, kind, false);
  add_word((uintptr_t *)place, (uintptr_t)target, call);
}

// How many symbols a library exports, by its table of hashes.
static size_t symbol_count(const library *l) {
  if (!l->hash) return 0;
  uint32_t buckets = l->hash[0], first = l->hash[1], filters = l->hash[2], last = 0;
  const uint32_t *bucket = (const void *)((const uint64_t *)(l->hash + 4) + filters);
  for (uint32_t i = 0; i < buckets; i++)
    if (bucket[i] > last) last = bucket[i];
  if (last < first) return first;
  const uint32_t *chain = bucket + buckets;
  while (!(chain[last - first] & 1)) last++;
  return last + 1;
}

static bool is_known_method(const library *l, uintptr_t method) {
  Dl_info info;
  return dladdr((void *)method, &info) && info.dli_sname &&
         il_judge_call(l->path, info.dli_sname) == IL_CALL_KNOWN;
}

// Adds the methods of the classes of a library of which nothing is known.
static void add_methods(const library *l) {
  size_t count = symbol_count(l);
  // The classes of libdispatch have methods of which some are known.
  bool is_judged_singly = strstr(l->path, "/libswiftDispatch") != NULL;
  for (size_t i = 1; i < count; i++) {
    const Elf64_Sym *symbol = &l->symbols[i];
    const char *name = l->names + symbol->st_name;
    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT ||
        strncmp(name, "$s", 2) || !ends_with(name, "CN")) continue;
    il_call_kind kind = il_judge_call(l->path, name);
    if (kind == IL_CALL_KNOWN) continue;
    uintptr_t *word = (uintptr_t *)(l->base + symbol->st_value);
    // Behind the class's kind and superclass.
    for (size_t n = 2; n < symbol->st_size / sizeof *word; n++) {
      uintptr_t target = word[n];
      if (target < l->code_begin || target >= l->code_end) continue;
      if (is_judged_singly && is_known_method(l, target)) continue;
      add_word(&word[n], target, add_call(name, (void *)target, kind, true));
    }
  }
}

static bool is_of_program_itself(const library *l) {
  for (const il_image *image = program; image; image = image->next)
    if (image->begin >= l->code_begin && image->begin < l->code_end) return true;
  return false;
}

static bool is_of_toolchain(const library *l) {
  return strstr(l->path, "/libswift") || strstr(l->path, "/libFoundation") ||
         strstr(l->path, "/libXCTest");
}

// What is to be looked at once the list is whole. Whoever goes through the loader's images holds
// the one of its two locks that is taken last, and asking it for a symbol takes the other one: with
// a thread that loads a library meanwhile, each would wait for the other for ever.
static library *libraries;
static size_t library_count, library_capacity;

static int add_library(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  library l;
  if (!read_library(info, &l) || !(is_of_program_itself(&l) || is_of_toolchain(&l))) return 0;
  libraries = grown(libraries, library_count, &library_capacity, sizeof *libraries);
  libraries[library_count++] = l;
  return 0;
}

static void look_at_library(const library *l) {
  il_storage_add_library(l->path, l->begin, l->end);
  if (!is_of_program_itself(l)) {
    add_methods(l);
    return;
  }
  for (int list = 0; list < 2; list++)
    for (size_t i = 0; i < l->relocation_count[list]; i++)
      add_import(l, &l->relocations[list][i]);
}

// MARK: - All

static int by_place(const void *a, const void *b) {
  uintptr_t x = ((const import_place *)a)->place, y = ((const import_place *)b)->place;
  return x < y ? -1 : x > y;
}

const char *il_import_at(uintptr_t place) {
  size_t low = 0, high = place_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (places[middle].place < place) low = middle + 1; else high = middle;
  }
  return low < place_count && places[low].place == place ? places[low].symbol : NULL;
}

bool il_find_imports(const il_image *images) {
  program = images;
  dl_iterate_phdr(add_library, NULL);
  for (size_t i = 0; i < library_count; i++) look_at_library(&libraries[i]);
  free(libraries);
  qsort(places, place_count, sizeof *places, by_place);
  if (!word_count) return is_complete = true;
  size_t size = call_count * STUB;
  uint8_t *stubs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stubs == MAP_FAILED) return false;
  for (size_t i = 0; i < call_count; i++) {
    calls[i].stub = stubs + i * STUB;
    write_stub(&calls[i]);
  }
  for (size_t i = 0; i < word_count; i++) {
    called *call = &calls[words[i].noting];
    words[i].noting = (uintptr_t)call->stub;
    if ((void *)words[i].original == call->target) continue;
    // The word leads to what tells where the code is.
    async_pointer pointer = *(const async_pointer *)words[i].original;
    pointer.distance = -ASYNC_POINTER;
    memcpy(call->stub + ASYNC_POINTER, &pointer, sizeof pointer);
    words[i].noting += ASYNC_POINTER;
  }
  is_complete = !mprotect(stubs, size, PROT_READ | PROT_EXEC);
  return is_complete;
}

static bool allow_writing(bool is_allowed) {
  int access = PROT_READ | (is_allowed ? PROT_WRITE : 0);
  for (size_t i = 0; i < sealed_count; i++) {
    bool has_words = false;
    for (size_t n = 0; n < word_count && !has_words; n++) {
      uintptr_t word = (uintptr_t)words[n].word;
      has_words = word >= sealed[i].begin && word < sealed[i].end;
    }
    size_t size = sealed[i].end - sealed[i].begin;
    if (has_words && mprotect((void *)sealed[i].begin, size, access)) return false;
  }
  return true;
}

bool il_note_imports(bool is_noted) {
  if (!is_complete) return false;
  atomic_store(&is_noting, is_noted);
  if (!allow_writing(true)) return false;
  for (size_t i = 0; i < word_count; i++)
    __atomic_store_n(words[i].word, is_noted ? words[i].noting : words[i].original,
                     __ATOMIC_SEQ_CST);
  return allow_writing(false);
}
#else
bool il_find_imports(const il_image *images) {
  (void)images;
  return false;
}
bool il_note_imports(bool is_noted) {
  (void)is_noted;
  return false;
}
const char *il_import_at(uintptr_t place) {
  (void)place;
  return NULL;
}
bool il_is_own_code(uintptr_t address) {
  (void)address;
  return false;
}
void il_note_trial(const void *function, const void *caller) { (void)function, (void)caller; }
void il_note_outside(const void *function, const void *caller) { (void)function, (void)caller; }
#endif

IL_UNINSTRUMENTED_END
