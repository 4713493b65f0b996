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
#include "../Ground/ground.h"
#include "imports.h"
#include "noted_calls.h"
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
enum { PAGE = 4096 };

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

static il_called *calls;
static size_t call_count, call_capacity;
static leading_word *words;
static size_t word_count, word_capacity;
static sealed_pages sealed[MOST_SEALED];
static size_t sealed_count;
static bool is_complete;
static const il_image *program;

/// The symbols of all places of the program's through which it calls something.
typedef struct {
  uintptr_t place;
  const char *symbol;
} import_place;
static import_place *places;
static size_t place_count, place_capacity;

// MARK: - Libraries

static void *grown(void *list, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity) return list;
  *capacity = *capacity ? *capacity * 2 : 256;
  return realloc(list, *capacity * size);
}

static size_t add_call(const char *symbol, void *target, il_call_kind kind, bool is_method) {
  calls = grown(calls, call_count, &call_capacity, sizeof *calls);
  calls[call_count] = (il_called){symbol, target, kind, is_method, NULL};
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

// All that is loaded. Asking the loader what is at an address takes it through all symbols there.
typedef struct {
  const char *path;
  uintptr_t begin, end, code_begin, code_end;
} loaded_image;
static loaded_image *loaded;
static size_t loaded_count, loaded_capacity;

static void note_loaded(const library *l) {
  loaded = grown(loaded, loaded_count, &loaded_capacity, sizeof *loaded);
  loaded[loaded_count++] =
      (loaded_image){l->path, l->begin, l->end, l->code_begin, l->code_end};
}

static const loaded_image *image_at(uintptr_t address) {
  for (size_t i = 0; i < loaded_count; i++)
    if (address >= loaded[i].begin && address < loaded[i].end) return &loaded[i];
  return NULL;
}

static bool is_function(const void *address) {
  Dl_info info;
  const Elf64_Sym *definition = NULL;
  if (!dladdr1(address, &info, (void **)&definition, RTLD_DL_SYMENT) || !definition) return false;
  unsigned char kind = ELF64_ST_TYPE(definition->st_info);
  return kind == STT_FUNC || kind == STT_GNU_IFUNC;
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
  const loaded_image *image = target ? image_at((uintptr_t)target) : NULL;
  if (!image) return;
  // What another image of the program defines is looked through itself, and what we define
  // notes what is to be noted.
  if (il_function_at(program, (uintptr_t)target) || il_is_own_code((uintptr_t)target)) return;
  bool is_async = ends_with(name, "Tu") && !strncmp(name, "$s", 2);
  bool is_code = (uintptr_t)target >= image->code_begin && (uintptr_t)target < image->code_end;
  if (type != R_X86_64_JUMP_SLOT && !is_async && !(is_code && is_function(target))) return;
  char plain[512];
  const char *judged = name;
  if (is_async && strlen(name) < sizeof plain) {
    strcpy(plain, name);
    plain[strlen(name) - 2] = 0;
    judged = plain;
  }
  il_call_kind kind = il_judge_call(image->path, judged);
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
  bool is_read = read_library(info, &l);
  note_loaded(&l);
  if (!is_read || !(is_of_program_itself(&l) || is_of_toolchain(&l))) return 0;
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
  il_note_calls_of(images);
  dl_iterate_phdr(add_library, NULL);
  for (size_t i = 0; i < library_count; i++) look_at_library(&libraries[i]);
  free(libraries);
  qsort(places, place_count, sizeof *places, by_place);
  if (!word_count) return is_complete = true;
  size_t size = call_count * IL_STUB;
  uint8_t *stubs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stubs == MAP_FAILED) return false;
  for (size_t i = 0; i < call_count; i++) {
    calls[i].stub = stubs + i * IL_STUB;
    il_write_stub(&calls[i]);
  }
  for (size_t i = 0; i < word_count; i++) {
    il_called *call = &calls[words[i].noting];
    words[i].noting = (uintptr_t)call->stub;
    if ((void *)words[i].original == call->target) continue;
    // The word leads to what tells where the code is.
    async_pointer pointer = *(const async_pointer *)words[i].original;
    pointer.distance = -IL_STUB_ASYNC;
    memcpy(call->stub + IL_STUB_ASYNC, &pointer, sizeof pointer);
    words[i].noting += IL_STUB_ASYNC;
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
  il_note_calls_to_others(is_noted);
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
#endif

IL_UNINSTRUMENTED_END
