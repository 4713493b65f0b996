// How long machine instructions are, and which of them are atomic.

#include "instructions.h"

#if defined(__x86_64__)

enum operand { NONE = 0, MODRM = 1, BYTE = 2, WORD = 4, IMMEDIATE = 8, REL32 = 16, INVALID = 32 };

static int one_byte(uint8_t op) {
  if (op < 0x40) {
    switch (op & 7) {
    case 4: return BYTE;
    case 5: return IMMEDIATE;
    case 6: case 7: return INVALID;
    default: return MODRM;
    }
  }
  if (op >= 0x50 && op < 0x60) return NONE;
  if (op >= 0x70 && op < 0x80) return BYTE;
  if (op >= 0x84 && op < 0x90) return MODRM;
  if (op >= 0xB0 && op < 0xB8) return BYTE;
  switch (op) {
  case 0x60: case 0x61: case 0x82: case 0x9A: case 0xCE: case 0xD4: case 0xD5: case 0xD6:
  case 0xEA: return INVALID;
  case 0x63: case 0xD0: case 0xD1: case 0xD2: case 0xD3: case 0xFE: case 0xFF: return MODRM;
  case 0x68: case 0xA9: return IMMEDIATE;
  case 0x69: case 0x81: case 0xC7: return MODRM | IMMEDIATE;
  case 0x6A: case 0xA8: case 0xCD: return BYTE;
  case 0x6B: case 0x80: case 0x83: case 0xC0: case 0xC1: case 0xC6: return MODRM | BYTE;
  case 0xC2: case 0xCA: return WORD;
  case 0xC8: return WORD | BYTE;
  case 0xE8: case 0xE9: return REL32;
  }
  if (op >= 0xD8 && op < 0xE0) return MODRM;
  if (op >= 0xE0 && op < 0xE8) return BYTE;
  if (op == 0xEB) return BYTE;
  return NONE;
}

static int two_bytes(uint8_t op) {
  if (op >= 0x80 && op < 0x90) return REL32;
  if (op >= 0xC8 && op < 0xD0) return NONE;
  if (op >= 0x30 && op < 0x38) return NONE;
  switch (op) {
  case 0x05: case 0x06: case 0x07: case 0x08: case 0x09: case 0x0B: case 0x0E: case 0x77:
  case 0xA0: case 0xA1: case 0xA2: case 0xA8: case 0xA9: case 0xAA: return NONE;
  case 0x0F: case 0x70: case 0x71: case 0x72: case 0x73: case 0xA4: case 0xAC: case 0xBA:
  case 0xC2: case 0xC4: case 0xC5: case 0xC6: return MODRM | BYTE;
  case 0x04: case 0x0A: case 0x0C: case 0x24: case 0x25: case 0x26: case 0x27: return INVALID;
  default: return MODRM;
  }
}

bool il_decode(const uint8_t *code, size_t size, il_instruction *out) {
  size_t at = 0;
  bool lock = false, narrow = false, short_addresses = false, wide = false;
  *out = (il_instruction){0};
  for (; at < size; at++) {
    uint8_t c = code[at];
    if (c == 0xF0) lock = true;
    else if (c == 0x66) narrow = true;
    else if (c == 0x67) short_addresses = out->is_elsewhere = true;
    else if (c == 0x64 || c == 0x65) out->is_elsewhere = true;
    else if (c != 0xF2 && c != 0xF3 && c != 0x2E && c != 0x36 && c != 0x3E && c != 0x26) break;
  }
  if (at < size && (code[at] & 0xF0) == 0x40) {
    wide = code[at] & 8;
    out->extension = code[at++] & 0xF;
  }
  if (at + 1 > size) return false;
  uint8_t op = code[at++];
  int kind;
  bool is_exchange = false, is_narrowest = !(op & 1), is_pair = false;
  if (op == 0x0F) {
    if (at >= size) return false;
    uint8_t second = code[at++];
    if (second == 0x38 || second == 0x3A) {
      at++;
      kind = second == 0x38 ? MODRM : MODRM | BYTE;
    } else {
      kind = two_bytes(second);
      out->is_nop = second == 0x1F;
      out->is_branch = kind & REL32;
      out->ends = second == 0x0B;
      out->compares = second == 0xB0 || second == 0xB1;
      is_narrowest = second == 0xB0 || second == 0xC0;
      is_pair = second == 0xC7;
    }
  } else if (op == 0xC5 || op == 0xC4 || op == 0x62) {
    // Vector instructions: the map of their opcodes is in the first byte that follows.
    if (at + 4 > size) return false;
    int map = op == 0xC5 ? 1 : code[at] & (op == 0xC4 ? 0x1F : 7);
    at += op == 0xC5 ? 1 : op == 0xC4 ? 2 : 3;
    uint8_t vector = code[at++];
    kind = map == 1 ? two_bytes(vector) : map == 3 ? MODRM | BYTE : MODRM;
    if (op == 0x62 && map != 1 && map != 2 && map != 3) return false;
  } else if (op >= 0xA0 && op <= 0xA3) {
    kind = NONE;
    at += short_addresses ? 4 : 8;
  } else if (op == 0xF6 || op == 0xF7) {
    if (at >= size) return false;
    bool tests = (code[at] & 0x38) < 0x10;
    kind = MODRM | (!tests ? 0 : op == 0xF6 ? BYTE : IMMEDIATE);
  } else if (op >= 0xB8 && op <= 0xBF) {
    kind = wide ? NONE : IMMEDIATE;
    if (wide) at += 8;
  } else {
    kind = one_byte(op);
    is_exchange = op == 0x86 || op == 0x87;
    out->is_nop = op == 0x90 || op == 0xCC;
    out->ends = op == 0xC3 || op == 0xE9 || op == 0xEB;
    out->is_branch = kind & REL32;
    // Jumps over a byte's distance cannot be moved elsewhere.
    out->is_short_branch = (op >= 0x70 && op < 0x80) || op == 0xEB || (op >= 0xE0 && op < 0xE4);
  }
  if (kind & INVALID) return false;
  bool touches_memory = false;
  if (kind & MODRM) {
    if (at >= size) return false;
    out->operands_at = (uint8_t)at;
    uint8_t modrm = code[at++];
    // A jump through memory or a register.
    if (op == 0xFF && (modrm & 0x38) == 0x20) out->ends = true;
    uint8_t mod = modrm >> 6, rm = modrm & 7;
    touches_memory = mod != 3;
    if (mod != 3) {
      bool has_base = true;
      if (rm == 4) {
        if (at >= size) return false;
        has_base = (code[at++] & 7) != 5;
      } else if (mod == 0 && rm == 5) {
        out->relative_at = (uint8_t)at;
        has_base = false;
      }
      if (mod == 1) at += 1;
      else if (mod == 2 || !has_base) at += 4;
    }
  }
  if (kind & BYTE) at += 1;
  if (kind & WORD) at += 2;
  if (kind & IMMEDIATE) at += narrow ? 2 : 4;
  if (kind & REL32) {
    out->relative_at = (uint8_t)at;
    at += 4;
  }
  if (at > size || at > 15) return false;
  out->length = (uint8_t)at;
  out->is_atomic = touches_memory && (lock || is_exchange);
  if (out->is_atomic)
    out->width = (uint8_t)((is_narrowest ? 1 : wide ? 8 : narrow ? 2 : 4) * (is_pair ? 2 : 1));
  return true;
}

#endif
