// Which functions of the program may share memory between steps unseen: those with
// atomic instructions, of which a Mutex is made, too.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"
#include "watchlist.h"
#include "instructions.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// MARK: - Functions

static int by_start(const void *a, const void *b) {
  uintptr_t x = ((const il_function *)a)->start, y = ((const il_function *)b)->start;
  return x < y ? -1 : x > y;
}

il_function *il_function_at(const il_image *image, uintptr_t address) {
  for (; image; image = image->next) {
    if (address < image->begin || address >= image->end) continue;
    size_t low = 0, high = image->count;
    while (low < high) {
      size_t middle = (low + high) / 2;
      if (image->functions[middle].start <= address) low = middle + 1; else high = middle;
    }
    return low ? &image->functions[low - 1] : NULL;
  }
  return NULL;
}

static bool starts_with(const char *text, const char *start) {
  return !strncmp(text, start, strlen(start));
}

// What this package is made of; a name begins with that of its module.
static bool is_own_name(const char *name) {
  return starts_with(name, "$s10Interleave") || starts_with(name, "$s16InterleaveEngine") ||
         strstr(name, "10InterleaveE") || strstr(name, "16InterleaveEngineE");
}

bool il_may_have_atomics(const il_function *f) {
  return memchr(f->code, 0xF0, f->size) || memchr(f->code, 0x87, f->size) ||
         memchr(f->code, 0x86, f->size);
}

static bool has_atomic_instruction(const il_function *f) {
  if (!il_may_have_atomics(f)) return false;
  il_instruction instruction;
  for (size_t at = 0; at < f->size; at += instruction.length) {
    // What cannot be read may be anything.
    if (!il_decode(f->code + at, f->size - at, &instruction)) return true;
    if (instruction.is_atomic) return true;
  }
  return false;
}

// Adds what lies between two symbols: functions of the compiler's own have none. One
// begins after padding, and where none is needed after the end of another.
static void add_nameless(il_image *image, uintptr_t start, const uint8_t *code, size_t size) {
  il_instruction instruction;
  bool is_between = true;
  for (size_t at = 0; at < size; at += instruction.length) {
    if (!il_decode(code + at, size - at, &instruction)) {
      instruction = (il_instruction){.length = 1, .is_nop = !code[at]};
    }
    if (is_between && !instruction.is_nop) {
      image->functions[image->count++] =
          (il_function){.start = start + at, .size = size - at, .name = "", .code = code + at};
    }
    uintptr_t next = start + at + instruction.length;
    is_between = instruction.is_nop || (instruction.ends && next % 16 == 0);
  }
}

// MARK: - Images

static bool map_file(const char *path, il_bytes *file) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct stat status;
  void *begin = MAP_FAILED;
  if (!fstat(descriptor, &status) && status.st_size > (off_t)sizeof(Elf64_Ehdr))
    begin = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (begin == MAP_FAILED) return false;
  *file = (il_bytes){begin, (size_t)status.st_size};
  return true;
}

static bool lies_in(const il_bytes *file, uint64_t offset, uint64_t size) {
  return offset <= file->size && size <= file->size - offset;
}

// Adds the functions of one section.
static void add_functions(il_image *image, const il_image_file *file, const Elf64_Shdr *section,
                          size_t index) {
  const Elf64_Sym *symbols = (const void *)file->symbols.begin;
  size_t count = file->symbols.size / sizeof *symbols, first = image->count;
  for (size_t i = 0; i < count; i++) {
    const Elf64_Sym *symbol = &symbols[i];
    uint8_t type = ELF64_ST_TYPE(symbol->st_info);
    if (symbol->st_shndx != index || symbol->st_name >= file->names.size) continue;
    if (type != STT_FUNC && !(type == STT_NOTYPE && symbol->st_name)) continue;
    uint64_t place = symbol->st_value - section->sh_addr;
    if (place >= section->sh_size || symbol->st_size > section->sh_size - place) continue;
    const char *name = file->names.begin + symbol->st_name;
    image->functions[image->count++] = (il_function){
        .start = file->base + symbol->st_value, .size = symbol->st_size, .name = name,
        .code = (const uint8_t *)file->file.begin + section->sh_offset + place,
        .is_own = is_own_name(name)};
  }
  il_function *functions = image->functions + first;
  size_t added = image->count - first;
  qsort(functions, added, sizeof *functions, by_start);
  uintptr_t begin = file->base + section->sh_addr, end = begin + section->sh_size, known = begin;
  const uint8_t *code = (const uint8_t *)file->file.begin + section->sh_offset;
  for (size_t i = 0; i <= added; i++) {
    uintptr_t next = i < added ? functions[i].start : end;
    if (next > known) add_nameless(image, known, code + (known - begin), next - known);
    if (i == added) break;
    if (!functions[i].size) {
      size_t after = i + 1;
      while (after < added && functions[after].start == next) after++;
      functions[i].size = (after < added ? functions[after].start : end) - next;
    }
    if (next + functions[i].size > known) known = next + functions[i].size;
  }
  if (!image->begin || begin < image->begin) image->begin = begin;
  if (end > image->end) image->end = end;
}

static bool mark_atomics(il_image *image, const il_image_file *file) {
  for (size_t i = 0; i < image->count; i++) {
    il_function *f = &image->functions[i];
    f->is_watched = !f->is_own && has_atomic_instruction(f);
  }
  return il_watch_plain_atomics(image, file);
}

static bool read_image(const char *path, uintptr_t base, bool marks_atomics, il_image **list) {
  il_image_file file = {.base = base};
  if (!map_file(path, &file.file)) return false;
  const Elf64_Ehdr *header = (const void *)file.file.begin;
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64 ||
      !lies_in(&file.file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)) ||
      header->e_shstrndx >= header->e_shnum) return false;
  const Elf64_Shdr *sections = (const void *)(file.file.begin + header->e_shoff);
  const char *section_names = file.file.begin + sections[header->e_shstrndx].sh_offset;
  size_t capacity = 1;
  for (size_t i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr *s = &sections[i];
    if (s->sh_type == SHT_NOBITS) continue;
    if (!lies_in(&file.file, s->sh_offset, s->sh_size)) return false;
    // Room for what has no symbol.
    if (s->sh_flags & SHF_EXECINSTR) capacity += s->sh_size / 4 + 1;
    il_bytes bytes = {file.file.begin + s->sh_offset, s->sh_size};
    const char *name = section_names + s->sh_name;
    if (s->sh_type == SHT_SYMTAB && s->sh_link < header->e_shnum) {
      file.symbols = bytes;
      file.names = (il_bytes){file.file.begin + sections[s->sh_link].sh_offset,
                              sections[s->sh_link].sh_size};
    } else if (!(s->sh_flags & SHF_COMPRESSED)) {
      if (!strcmp(name, ".debug_info")) file.debug_info = bytes;
      else if (!strcmp(name, ".debug_abbrev")) file.debug_abbreviations = bytes;
      else if (!strcmp(name, ".debug_str")) file.debug_strings = bytes;
      else if (!strcmp(name, ".debug_str_offsets")) file.string_offsets = bytes;
    }
  }
  if (!file.symbols.size) return false;
  capacity += file.symbols.size / sizeof(Elf64_Sym);
  il_image *image = calloc(1, sizeof *image);
  image->functions = calloc(capacity, sizeof(il_function));
  bool is_known = image->functions != NULL;
  for (size_t i = 0; i < header->e_shnum && is_known; i++) {
    const char *name = section_names + sections[i].sh_name;
    bool has_code = sections[i].sh_type == SHT_PROGBITS && sections[i].sh_flags & SHF_EXECINSTR;
    // What links to other images, and the code of this target.
    if (!has_code || starts_with(name, ".plt") || starts_with(name, ".init") ||
        starts_with(name, ".fini") || !strcmp(name, IL_CODE_SECTION)) continue;
    add_functions(image, &file, &sections[i], i);
  }
  if (is_known) {
    qsort(image->functions, image->count, sizeof(il_function), by_start);
    is_known = !marks_atomics || mark_atomics(image, &file);
  }
  image->next = *list;
  *list = image;
  return is_known;
}

typedef struct {
  il_image *images;
  bool marks_atomics;
  bool is_known;
  size_t toolchain_length;
  const char *toolchain;
} image_search;

static int look_at_image(struct dl_phdr_info *info, size_t size, void *context) {
  static const char *const systems[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/",
                                        "linux-vdso"};
  image_search *search = context;
  const char *path = info->dlpi_name;
  (void)size;
  if (!*path) {
    path = "/proc/self/exe";
  } else {
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
      if (starts_with(path, systems[i])) return 0;
    if (search->toolchain && !strncmp(path, search->toolchain, search->toolchain_length)) return 0;
  }
  if (!read_image(path, info->dlpi_addr, search->marks_atomics, &search->images))
    search->is_known = false;
  return 0;
}

bool il_find_functions(il_image **images, bool marks_atomics) {
  image_search search = {.marks_atomics = marks_atomics, .is_known = true};
  Dl_info core;
  void *symbol = dlsym(RTLD_DEFAULT, "swift_retain");
  if (symbol && dladdr(symbol, &core) && core.dli_fname && strrchr(core.dli_fname, '/')) {
    search.toolchain = core.dli_fname;
    search.toolchain_length = (size_t)(strrchr(core.dli_fname, '/') - core.dli_fname) + 1;
  }
  dl_iterate_phdr(look_at_image, &search);
  *images = search.images;
  return search.is_known;
}
#else
bool il_find_functions(il_image **images, bool marks_atomics) {
  *images = NULL;
  (void)marks_atomics;
  return false;
}

il_function *il_function_at(const il_image *images, uintptr_t address) {
  (void)images, (void)address;
  return NULL;
}
#endif
