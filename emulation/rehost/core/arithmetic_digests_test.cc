// SPDX-License-Identifier: Apache-2.0
//
// Each instruction of arithmetic, from its encoding on, with operands at random against what QEMU
// 7.2 made of the same ones: Thumb code in user mode on the model of a Cortex-A15, whose answers
// are here as digests.
#include <gtest/gtest.h>

#include <array>

#include "emulation/rehost/core/decoder.h"
#include "emulation/rehost/core/one_op_testing.h"
#include "emulation/rehost/core/ops_groups.h"

namespace percuss::rehost {
namespace {

// Integer registers are r4 to r7, floating-point ones s0 to s2.
struct Case {
  const char* text;
  uint16_t first;
  uint16_t second;
  uint32_t digest;
};

constexpr Case kCases[] = {
    {"bfc r4, #0, #1", 0xf36f, 0x0400, 0xc6eee4b1},
    {"bfi r4, r5, #0, #1", 0xf365, 0x0400, 0xc5403bda},
    {"sbfx r4, r5, #0, #1", 0xf345, 0x0400, 0xb7e93eed},
    {"ubfx r4, r5, #0, #1", 0xf3c5, 0x0400, 0x8f3e0200},
    {"bfc r4, #0, #32", 0xf36f, 0x041f, 0x85b9679a},
    {"bfi r4, r5, #0, #32", 0xf365, 0x041f, 0xe09a3c12},
    {"sbfx r4, r5, #0, #32", 0xf345, 0x041f, 0xe09a3c12},
    {"ubfx r4, r5, #0, #32", 0xf3c5, 0x041f, 0xe09a3c12},
    {"bfc r4, #0, #8", 0xf36f, 0x0407, 0xea70af96},
    {"bfi r4, r5, #0, #8", 0xf365, 0x0407, 0x3ecabbae},
    {"sbfx r4, r5, #0, #8", 0xf345, 0x0407, 0x9d1564af},
    {"ubfx r4, r5, #0, #8", 0xf3c5, 0x0407, 0x752d5401},
    {"bfc r4, #5, #7", 0xf36f, 0x144b, 0x476c78ee},
    {"bfi r4, r5, #5, #7", 0xf365, 0x144b, 0x32a76f9d},
    {"sbfx r4, r5, #5, #7", 0xf345, 0x1446, 0xbaef6c7a},
    {"ubfx r4, r5, #5, #7", 0xf3c5, 0x1446, 0x49de85c3},
    {"bfc r4, #31, #1", 0xf36f, 0x74df, 0x4c62661a},
    {"bfi r4, r5, #31, #1", 0xf365, 0x74df, 0x63e75161},
    {"sbfx r4, r5, #31, #1", 0xf345, 0x74c0, 0xef6f4b9b},
    {"ubfx r4, r5, #31, #1", 0xf3c5, 0x74c0, 0xed35a681},
    {"bfc r4, #16, #16", 0xf36f, 0x441f, 0x93584ed9},
    {"bfi r4, r5, #16, #16", 0xf365, 0x441f, 0x28552f13},
    {"sbfx r4, r5, #16, #16", 0xf345, 0x440f, 0x77456751},
    {"ubfx r4, r5, #16, #16", 0xf3c5, 0x440f, 0xa9cd4486},
    {"bfc r4, #3, #20", 0xf36f, 0x04d6, 0x1fce15fb},
    {"bfi r4, r5, #3, #20", 0xf365, 0x04d6, 0x210e376c},
    {"sbfx r4, r5, #3, #20", 0xf345, 0x04d3, 0x0254f06e},
    {"ubfx r4, r5, #3, #20", 0xf3c5, 0x04d3, 0xab4ffda1},
    {"clz r4, r6", 0xfab6, 0xf486, 0x57dd10d7},
    {"rbit r4, r6", 0xfa96, 0xf4a6, 0x9792b804},
    {"rev r4, r6", 0xba34, 0x0000, 0x7611b473},
    {"rev16 r4, r6", 0xba74, 0x0000, 0xc9ea8789},
    {"revsh r4, r6", 0xbaf4, 0x0000, 0x4657b509},
    {"sxtab r4, r5, r6", 0xfa45, 0xf486, 0xbddeee2a},
    {"sxtab r4, r5, r6, ror #8", 0xfa45, 0xf496, 0x8f24ad44},
    {"sxtab r4, r5, r6, ror #16", 0xfa45, 0xf4a6, 0x61cb95f5},
    {"sxtab r4, r5, r6, ror #24", 0xfa45, 0xf4b6, 0xbdc054fe},
    {"sxtab16 r4, r5, r6", 0xfa25, 0xf486, 0x78f9e94e},
    {"sxtab16 r4, r5, r6, ror #8", 0xfa25, 0xf496, 0xd41b73a9},
    {"sxtab16 r4, r5, r6, ror #16", 0xfa25, 0xf4a6, 0x053ca237},
    {"sxtab16 r4, r5, r6, ror #24", 0xfa25, 0xf4b6, 0x062ed7a6},
    {"sxtah r4, r5, r6", 0xfa05, 0xf486, 0x2c3ca8ee},
    {"sxtah r4, r5, r6, ror #8", 0xfa05, 0xf496, 0xc2319978},
    {"sxtah r4, r5, r6, ror #16", 0xfa05, 0xf4a6, 0x6e3f78e5},
    {"sxtah r4, r5, r6, ror #24", 0xfa05, 0xf4b6, 0xf30eee2f},
    {"sxtb r4, r6", 0xb274, 0x0000, 0x4b1163d5},
    {"sxtb r4, r6, ror #8", 0xfa4f, 0xf496, 0x752a26ab},
    {"sxtb r4, r6, ror #16", 0xfa4f, 0xf4a6, 0xeb100b84},
    {"sxtb r4, r6, ror #24", 0xfa4f, 0xf4b6, 0xce3591d0},
    {"sxtb16 r4, r6", 0xfa2f, 0xf486, 0xed551e3c},
    {"sxtb16 r4, r6, ror #8", 0xfa2f, 0xf496, 0xd0ce9621},
    {"sxtb16 r4, r6, ror #16", 0xfa2f, 0xf4a6, 0xa65ace8a},
    {"sxtb16 r4, r6, ror #24", 0xfa2f, 0xf4b6, 0x6c9a108d},
    {"sxth r4, r6", 0xb234, 0x0000, 0x9c0865e4},
    {"sxth r4, r6, ror #8", 0xfa0f, 0xf496, 0xd36a6bf4},
    {"sxth r4, r6, ror #16", 0xfa0f, 0xf4a6, 0x56d7d708},
    {"sxth r4, r6, ror #24", 0xfa0f, 0xf4b6, 0x80bf7022},
    {"uxtab r4, r5, r6", 0xfa55, 0xf486, 0x131f1692},
    {"uxtab r4, r5, r6, ror #8", 0xfa55, 0xf496, 0x6f79db45},
    {"uxtab r4, r5, r6, ror #16", 0xfa55, 0xf4a6, 0x0a4f0346},
    {"uxtab r4, r5, r6, ror #24", 0xfa55, 0xf4b6, 0xb9e8fc8b},
    {"uxtab16 r4, r5, r6", 0xfa35, 0xf486, 0x8c03a3e8},
    {"uxtab16 r4, r5, r6, ror #8", 0xfa35, 0xf496, 0xbe365c12},
    {"uxtab16 r4, r5, r6, ror #16", 0xfa35, 0xf4a6, 0x973c75cf},
    {"uxtab16 r4, r5, r6, ror #24", 0xfa35, 0xf4b6, 0x55593614},
    {"uxtah r4, r5, r6", 0xfa15, 0xf486, 0x3840e15e},
    {"uxtah r4, r5, r6, ror #8", 0xfa15, 0xf496, 0x788d5a79},
    {"uxtah r4, r5, r6, ror #16", 0xfa15, 0xf4a6, 0x7b4d7c77},
    {"uxtah r4, r5, r6, ror #24", 0xfa15, 0xf4b6, 0xe56f0e81},
    {"uxtb r4, r6", 0xb2f4, 0x0000, 0xff03895c},
    {"uxtb r4, r6, ror #8", 0xfa5f, 0xf496, 0xe8e3d608},
    {"uxtb r4, r6, ror #16", 0xfa5f, 0xf4a6, 0x4bdcf584},
    {"uxtb r4, r6, ror #24", 0xfa5f, 0xf4b6, 0x6f280e76},
    {"uxtb16 r4, r6", 0xfa3f, 0xf486, 0xe90171f2},
    {"uxtb16 r4, r6, ror #8", 0xfa3f, 0xf496, 0x93af7608},
    {"uxtb16 r4, r6, ror #16", 0xfa3f, 0xf4a6, 0x7abfe75d},
    {"uxtb16 r4, r6, ror #24", 0xfa3f, 0xf4b6, 0x7ac9e872},
    {"uxth r4, r6", 0xb2b4, 0x0000, 0x8900647d},
    {"uxth r4, r6, ror #8", 0xfa1f, 0xf496, 0xd73f7470},
    {"uxth r4, r6, ror #16", 0xfa1f, 0xf4a6, 0x46d40081},
    {"uxth r4, r6, ror #24", 0xfa1f, 0xf4b6, 0xe71b7cf5},
    {"mul r4, r5, r6", 0xfb05, 0xf406, 0x12fdf316},
    {"muls r4, r6, r4", 0x4374, 0x0000, 0xba53e5bb},
    {"mla r4, r5, r6, r7", 0xfb05, 0x7406, 0xcc8170b7},
    {"mls r4, r5, r6, r7", 0xfb05, 0x7416, 0x5517974f},
    {"sdiv r4, r5, r6", 0xfb95, 0xf4f6, 0xbccd072c},
    {"udiv r4, r5, r6", 0xfbb5, 0xf4f6, 0x421ed695},
    {"smull r7, r4, r5, r6", 0xfb85, 0x7406, 0x76321996},
    {"umull r7, r4, r5, r6", 0xfba5, 0x7406, 0x4f179a2e},
    {"smlal r7, r4, r5, r6", 0xfbc5, 0x7406, 0x88beb3ae},
    {"umlal r7, r4, r5, r6", 0xfbe5, 0x7406, 0x3d42ce3e},
    {"umaal r7, r4, r5, r6", 0xfbe5, 0x7466, 0x5247b541},
    {"smlabb r4, r5, r6, r7", 0xfb15, 0x7406, 0x432cc7cc},
    {"smulbb r4, r5, r6", 0xfb15, 0xf406, 0x9f5a9711},
    {"smlalbb r7, r4, r5, r6", 0xfbc5, 0x7486, 0x3098802a},
    {"smlabt r4, r5, r6, r7", 0xfb15, 0x7416, 0xe193f8b6},
    {"smulbt r4, r5, r6", 0xfb15, 0xf416, 0x0e6e660d},
    {"smlalbt r7, r4, r5, r6", 0xfbc5, 0x7496, 0x345f1bcb},
    {"smlatb r4, r5, r6, r7", 0xfb15, 0x7426, 0xc952d22b},
    {"smultb r4, r5, r6", 0xfb15, 0xf426, 0x8a5abaca},
    {"smlaltb r7, r4, r5, r6", 0xfbc5, 0x74a6, 0xdeaab89f},
    {"smlatt r4, r5, r6, r7", 0xfb15, 0x7436, 0x3a768ab9},
    {"smultt r4, r5, r6", 0xfb15, 0xf436, 0xf643697c},
    {"smlaltt r7, r4, r5, r6", 0xfbc5, 0x74b6, 0xa3510028},
    {"smlawb r4, r5, r6, r7", 0xfb35, 0x7406, 0x62fdb1bd},
    {"smulwb r4, r5, r6", 0xfb35, 0xf406, 0x50032c86},
    {"smlad r4, r5, r6, r7", 0xfb25, 0x7406, 0x8afa2e19},
    {"smlsd r4, r5, r6, r7", 0xfb45, 0x7406, 0xf05c3f46},
    {"smuad r4, r5, r6", 0xfb25, 0xf406, 0xd895c553},
    {"smusd r4, r5, r6", 0xfb45, 0xf406, 0xc3ba3c44},
    {"smlald r7, r4, r5, r6", 0xfbc5, 0x74c6, 0x4938ff7e},
    {"smlsld r7, r4, r5, r6", 0xfbd5, 0x74c6, 0x2f953515},
    {"smmla r4, r5, r6, r7", 0xfb55, 0x7406, 0xc726c84b},
    {"smmls r4, r5, r6, r7", 0xfb65, 0x7406, 0x15d2360a},
    {"smmul r4, r5, r6", 0xfb55, 0xf406, 0xaeaffeeb},
    {"smlawt r4, r5, r6, r7", 0xfb35, 0x7416, 0xe8c0714f},
    {"smulwt r4, r5, r6", 0xfb35, 0xf416, 0x15ef49b4},
    {"smladx r4, r5, r6, r7", 0xfb25, 0x7416, 0xa8e110a1},
    {"smlsdx r4, r5, r6, r7", 0xfb45, 0x7416, 0xba4e295b},
    {"smuadx r4, r5, r6", 0xfb25, 0xf416, 0x18f5fa8f},
    {"smusdx r4, r5, r6", 0xfb45, 0xf416, 0xe2f1e619},
    {"smlaldx r7, r4, r5, r6", 0xfbc5, 0x74d6, 0xd74ed20d},
    {"smlsldx r7, r4, r5, r6", 0xfbd5, 0x74d6, 0x91f708e5},
    {"smmlar r4, r5, r6, r7", 0xfb55, 0x7416, 0x3ef4a9b9},
    {"smmlsr r4, r5, r6, r7", 0xfb65, 0x7416, 0xe2056caa},
    {"smmulr r4, r5, r6", 0xfb55, 0xf416, 0xf12aab24},
    {"qadd r4, r6, r5", 0xfa85, 0xf486, 0x97b0a7da},
    {"qdadd r4, r6, r5", 0xfa85, 0xf496, 0x38428dff},
    {"qdsub r4, r6, r5", 0xfa85, 0xf4b6, 0x853e3efa},
    {"qsub r4, r6, r5", 0xfa85, 0xf4a6, 0xf3d21dda},
    {"ssat r4, #1, r5", 0xf305, 0x0400, 0x566c2a86},
    {"usat r4, #0, r5", 0xf385, 0x0400, 0x2c418ac8},
    {"ssat r4, #1, r5, lsl #1", 0xf305, 0x0440, 0x98d5f2dd},
    {"usat r4, #0, r5, lsl #1", 0xf385, 0x0440, 0x19e2de34},
    {"ssat r4, #1, r5, lsl #31", 0xf305, 0x74c0, 0x53ec3fe5},
    {"usat r4, #0, r5, lsl #31", 0xf385, 0x74c0, 0x869908e3},
    {"ssat r4, #1, r5, asr #1", 0xf325, 0x0440, 0xda59a20b},
    {"usat r4, #0, r5, asr #1", 0xf3a5, 0x0440, 0x55d68cc2},
    {"ssat r4, #1, r5, asr #31", 0xf325, 0x74c0, 0xef6f4b9b},
    {"usat r4, #0, r5, asr #31", 0xf3a5, 0x74c0, 0xa2bdbc53},
    {"ssat r4, #2, r5", 0xf305, 0x0401, 0x23b51e56},
    {"usat r4, #1, r5", 0xf385, 0x0401, 0xa2df80cf},
    {"ssat r4, #2, r5, lsl #1", 0xf305, 0x0441, 0xbfec41e5},
    {"usat r4, #1, r5, lsl #1", 0xf385, 0x0441, 0x92066507},
    {"ssat r4, #2, r5, lsl #31", 0xf305, 0x74c1, 0xb58c0a3b},
    {"usat r4, #1, r5, lsl #31", 0xf385, 0x74c1, 0x869908e3},
    {"ssat r4, #2, r5, asr #1", 0xf325, 0x0441, 0x771d06ee},
    {"usat r4, #1, r5, asr #1", 0xf3a5, 0x0441, 0xa87b2a0a},
    {"ssat r4, #2, r5, asr #31", 0xf325, 0x74c1, 0xef6f4b9b},
    {"usat r4, #1, r5, asr #31", 0xf3a5, 0x74c1, 0xa2bdbc53},
    {"ssat r4, #8, r5", 0xf305, 0x0407, 0xe848c536},
    {"usat r4, #7, r5", 0xf385, 0x0407, 0x2b5750ce},
    {"ssat r4, #8, r5, lsl #1", 0xf305, 0x0447, 0xa06c811c},
    {"usat r4, #7, r5, lsl #1", 0xf385, 0x0447, 0x1bd5b609},
    {"ssat r4, #8, r5, lsl #31", 0xf305, 0x74c7, 0xeb93ac91},
    {"usat r4, #7, r5, lsl #31", 0xf385, 0x74c7, 0x869908e3},
    {"ssat r4, #8, r5, asr #1", 0xf325, 0x0447, 0x47f9260d},
    {"usat r4, #7, r5, asr #1", 0xf3a5, 0x0447, 0x4d554155},
    {"ssat r4, #8, r5, asr #31", 0xf325, 0x74c7, 0xef6f4b9b},
    {"usat r4, #7, r5, asr #31", 0xf3a5, 0x74c7, 0xa2bdbc53},
    {"ssat r4, #16, r5", 0xf305, 0x040f, 0xaf0c9829},
    {"usat r4, #15, r5", 0xf385, 0x040f, 0x85ada386},
    {"ssat r4, #16, r5, lsl #1", 0xf305, 0x044f, 0xc03c2397},
    {"usat r4, #15, r5, lsl #1", 0xf385, 0x044f, 0x5b5163c0},
    {"ssat r4, #16, r5, lsl #31", 0xf305, 0x74cf, 0x4b5861e5},
    {"usat r4, #15, r5, lsl #31", 0xf385, 0x74cf, 0x869908e3},
    {"ssat r4, #16, r5, asr #1", 0xf325, 0x044f, 0xd68074f5},
    {"usat r4, #15, r5, asr #1", 0xf3a5, 0x044f, 0x10ffd21e},
    {"ssat r4, #16, r5, asr #31", 0xf325, 0x74cf, 0xef6f4b9b},
    {"usat r4, #15, r5, asr #31", 0xf3a5, 0x74cf, 0xa2bdbc53},
    {"ssat r4, #31, r5", 0xf305, 0x041e, 0x3b2dff43},
    {"usat r4, #30, r5", 0xf385, 0x041e, 0x1836e622},
    {"ssat r4, #31, r5, lsl #1", 0xf305, 0x045e, 0x8353b583},
    {"usat r4, #30, r5, lsl #1", 0xf385, 0x045e, 0xfbdbfc9e},
    {"ssat r4, #31, r5, lsl #31", 0xf305, 0x74de, 0xdf5a4922},
    {"usat r4, #30, r5, lsl #31", 0xf385, 0x74de, 0x869908e3},
    {"ssat r4, #31, r5, asr #1", 0xf325, 0x045e, 0x7aaa8dfc},
    {"usat r4, #30, r5, asr #1", 0xf3a5, 0x045e, 0x0553d444},
    {"ssat r4, #31, r5, asr #31", 0xf325, 0x74de, 0xef6f4b9b},
    {"usat r4, #30, r5, asr #31", 0xf3a5, 0x74de, 0xa2bdbc53},
    {"ssat r4, #32, r5", 0xf305, 0x041f, 0xe09a3c12},
    {"usat r4, #31, r5", 0xf385, 0x041f, 0x3106e6e0},
    {"ssat r4, #32, r5, lsl #1", 0xf305, 0x045f, 0x60d55ba4},
    {"usat r4, #31, r5, lsl #1", 0xf385, 0x045f, 0x40f95fca},
    {"ssat r4, #32, r5, lsl #31", 0xf305, 0x74df, 0x6af44a6d},
    {"usat r4, #31, r5, lsl #31", 0xf385, 0x74df, 0x869908e3},
    {"ssat r4, #32, r5, asr #1", 0xf325, 0x045f, 0x7aaa8dfc},
    {"usat r4, #31, r5, asr #1", 0xf3a5, 0x045f, 0x0553d444},
    {"ssat r4, #32, r5, asr #31", 0xf325, 0x74df, 0xef6f4b9b},
    {"usat r4, #31, r5, asr #31", 0xf3a5, 0x74df, 0xa2bdbc53},
    {"ssat16 r4, #1, r5", 0xf325, 0x0400, 0xc8ad1d10},
    {"usat16 r4, #0, r5", 0xf3a5, 0x0400, 0x2c418ac8},
    {"ssat16 r4, #5, r5", 0xf325, 0x0404, 0x387d9852},
    {"usat16 r4, #4, r5", 0xf3a5, 0x0404, 0xebb96e51},
    {"ssat16 r4, #8, r5", 0xf325, 0x0407, 0x17efb87f},
    {"usat16 r4, #7, r5", 0xf3a5, 0x0407, 0x2ea3ffdd},
    {"ssat16 r4, #16, r5", 0xf325, 0x040f, 0xe09a3c12},
    {"usat16 r4, #15, r5", 0xf3a5, 0x040f, 0xcc433142},
    {"sadd16 r4, r5, r6", 0xfa95, 0xf406, 0xec619f7f},
    {"sasx r4, r5, r6", 0xfaa5, 0xf406, 0x9f5843db},
    {"ssax r4, r5, r6", 0xfae5, 0xf406, 0xa5fa21fc},
    {"ssub16 r4, r5, r6", 0xfad5, 0xf406, 0x34061357},
    {"sadd8 r4, r5, r6", 0xfa85, 0xf406, 0x03e52db7},
    {"ssub8 r4, r5, r6", 0xfac5, 0xf406, 0xe568049c},
    {"qadd16 r4, r5, r6", 0xfa95, 0xf416, 0x23d1d654},
    {"qasx r4, r5, r6", 0xfaa5, 0xf416, 0x8688ca23},
    {"qsax r4, r5, r6", 0xfae5, 0xf416, 0xd86e5dff},
    {"qsub16 r4, r5, r6", 0xfad5, 0xf416, 0x8b686b83},
    {"qadd8 r4, r5, r6", 0xfa85, 0xf416, 0x2a3abb96},
    {"qsub8 r4, r5, r6", 0xfac5, 0xf416, 0x9cf5cc78},
    {"shadd16 r4, r5, r6", 0xfa95, 0xf426, 0x16023f4b},
    {"shasx r4, r5, r6", 0xfaa5, 0xf426, 0xb4c59427},
    {"shsax r4, r5, r6", 0xfae5, 0xf426, 0x02b705f9},
    {"shsub16 r4, r5, r6", 0xfad5, 0xf426, 0xb5b73f70},
    {"shadd8 r4, r5, r6", 0xfa85, 0xf426, 0x4b3e9c99},
    {"shsub8 r4, r5, r6", 0xfac5, 0xf426, 0xe8239d6f},
    {"uadd16 r4, r5, r6", 0xfa95, 0xf446, 0x18a98ab1},
    {"uasx r4, r5, r6", 0xfaa5, 0xf446, 0x335aff97},
    {"usax r4, r5, r6", 0xfae5, 0xf446, 0x0fdbdde1},
    {"usub16 r4, r5, r6", 0xfad5, 0xf446, 0x591a2e2b},
    {"uadd8 r4, r5, r6", 0xfa85, 0xf446, 0x4a09b512},
    {"usub8 r4, r5, r6", 0xfac5, 0xf446, 0xb8ec035f},
    {"uqadd16 r4, r5, r6", 0xfa95, 0xf456, 0xd75bfd34},
    {"uqasx r4, r5, r6", 0xfaa5, 0xf456, 0x90d0a59a},
    {"uqsax r4, r5, r6", 0xfae5, 0xf456, 0x874dc0be},
    {"uqsub16 r4, r5, r6", 0xfad5, 0xf456, 0x7e416cdb},
    {"uqadd8 r4, r5, r6", 0xfa85, 0xf456, 0x2fc9bae6},
    {"uqsub8 r4, r5, r6", 0xfac5, 0xf456, 0xe02d9b2a},
    {"uhadd16 r4, r5, r6", 0xfa95, 0xf466, 0x22309478},
    {"uhasx r4, r5, r6", 0xfaa5, 0xf466, 0x59956620},
    {"uhsax r4, r5, r6", 0xfae5, 0xf466, 0xfbe8a741},
    {"uhsub16 r4, r5, r6", 0xfad5, 0xf466, 0xe0641b0d},
    {"uhadd8 r4, r5, r6", 0xfa85, 0xf466, 0x3ba2e17b},
    {"uhsub8 r4, r5, r6", 0xfac5, 0xf466, 0xbe1c183c},
    {"pkhbt r4, r5, r6", 0xeac5, 0x0406, 0x21c22b3c},
    {"pkhbt r4, r5, r6, lsl #1", 0xeac5, 0x0446, 0xc9a5ee1c},
    {"pkhbt r4, r5, r6, lsl #16", 0xeac5, 0x4406, 0x616bd4c2},
    {"pkhbt r4, r5, r6, lsl #31", 0xeac5, 0x74c6, 0xbc8ab863},
    {"pkhtb r4, r5, r6, asr #1", 0xeac5, 0x0466, 0xf5d6a0b8},
    {"pkhtb r4, r5, r6, asr #16", 0xeac5, 0x4426, 0xfe2d43d4},
    {"pkhtb r4, r5, r6, asr #31", 0xeac5, 0x74e6, 0x84be9c89},
    {"pkhtb r4, r5, r6, asr #32", 0xeac5, 0x0426, 0x84be9c89},
    {"sel r4, r5, r6", 0xfaa5, 0xf486, 0x13bac4b5},
    {"usad8 r4, r5, r6", 0xfb75, 0xf406, 0x3e532026},
    {"usada8 r4, r5, r6, r7", 0xfb75, 0x7406, 0x5dcbd105},
    {"vadd.f32 s0, s1, s2", 0xee30, 0x0a81, 0x0f59feb0},
    {"vdiv.f32 s0, s1, s2", 0xee80, 0x0a81, 0xa7e4598f},
    {"vfma.f32 s0, s1, s2", 0xeea0, 0x0a81, 0x42f3afd6},
    {"vfms.f32 s0, s1, s2", 0xeea0, 0x0ac1, 0xc907b6d3},
    {"vfnma.f32 s0, s1, s2", 0xee90, 0x0ac1, 0x3e71a9b4},
    {"vfnms.f32 s0, s1, s2", 0xee90, 0x0a81, 0x60c46c71},
    {"vmla.f32 s0, s1, s2", 0xee00, 0x0a81, 0x54e64e6f},
    {"vmls.f32 s0, s1, s2", 0xee00, 0x0ac1, 0x5e39a06e},
    {"vmul.f32 s0, s1, s2", 0xee20, 0x0a81, 0xa9e5924d},
    {"vnmla.f32 s0, s1, s2", 0xee10, 0x0ac1, 0xc9501a04},
    {"vnmls.f32 s0, s1, s2", 0xee10, 0x0a81, 0x9d494d3b},
    {"vnmul.f32 s0, s1, s2", 0xee20, 0x0ac1, 0x646eb4a6},
    {"vsub.f32 s0, s1, s2", 0xee30, 0x0ac1, 0x811386bc},
    {"vabs.f32 s0, s2", 0xeeb0, 0x0ac1, 0x4fdc3d95},
    {"vneg.f32 s0, s2", 0xeeb1, 0x0a41, 0x24447483},
    {"vsqrt.f32 s0, s2", 0xeeb1, 0x0ac1, 0x5bb96d3f},
    {"vmov.f32 s0, s2", 0xeeb0, 0x0a41, 0x163b06c9},
    {"vmov.f32 s0, #1.5", 0xeeb7, 0x0a08, 0x812b8add},
    {"vcmp.f32 s0, s2", 0xeeb4, 0x0a41, 0x8e909bc5},
    {"vcmpe.f32 s0, s2", 0xeeb4, 0x0ac1, 0xc47123c3},
    {"vcmp.f32 s0, #0", 0xeeb5, 0x0a40, 0x81266e61},
    {"vcmpe.f32 s0, #0", 0xeeb5, 0x0ac0, 0xed0568bb},
    {"vcvt.s32.f32 s0, s2", 0xeebd, 0x0ac1, 0x1a16cd9f},
    {"vcvt.u32.f32 s0, s2", 0xeebc, 0x0ac1, 0x35276df7},
    {"vcvtr.s32.f32 s0, s2", 0xeebd, 0x0a41, 0x7bf640ef},
    {"vcvtr.u32.f32 s0, s2", 0xeebc, 0x0a41, 0x551b59f5},
    {"vcvt.f32.s32 s0, s2", 0xeeb8, 0x0ac1, 0x2bebeb58},
    {"vcvt.f32.u32 s0, s2", 0xeeb8, 0x0a41, 0x9dd12ce0},
    {"vcvt.s16.f32 s0, s0, #0", 0xeebe, 0x0a48, 0x1e12f131},
    {"vcvt.f32.s16 s0, s0, #0", 0xeeba, 0x0a48, 0xa088574e},
    {"vcvt.s16.f32 s0, s0, #1", 0xeebe, 0x0a67, 0x88573070},
    {"vcvt.f32.s16 s0, s0, #1", 0xeeba, 0x0a67, 0xecc2cb34},
    {"vcvt.s16.f32 s0, s0, #2", 0xeebe, 0x0a47, 0x0f53f520},
    {"vcvt.f32.s16 s0, s0, #2", 0xeeba, 0x0a47, 0x28a355db},
    {"vcvt.s16.f32 s0, s0, #7", 0xeebe, 0x0a64, 0xc729831f},
    {"vcvt.f32.s16 s0, s0, #7", 0xeeba, 0x0a64, 0x0a48a7f8},
    {"vcvt.s16.f32 s0, s0, #8", 0xeebe, 0x0a44, 0xb80d7346},
    {"vcvt.f32.s16 s0, s0, #8", 0xeeba, 0x0a44, 0xc8b1c4ad},
    {"vcvt.s16.f32 s0, s0, #15", 0xeebe, 0x0a60, 0xd76cacef},
    {"vcvt.f32.s16 s0, s0, #15", 0xeeba, 0x0a60, 0xe6923e17},
    {"vcvt.s16.f32 s0, s0, #16", 0xeebe, 0x0a40, 0x9a025a10},
    {"vcvt.f32.s16 s0, s0, #16", 0xeeba, 0x0a40, 0xf6693ce0},
    {"vcvt.u16.f32 s0, s0, #0", 0xeebf, 0x0a48, 0x8e0f738f},
    {"vcvt.f32.u16 s0, s0, #0", 0xeebb, 0x0a48, 0x2bde5ea8},
    {"vcvt.u16.f32 s0, s0, #1", 0xeebf, 0x0a67, 0x55e01a22},
    {"vcvt.f32.u16 s0, s0, #1", 0xeebb, 0x0a67, 0xa09223a1},
    {"vcvt.u16.f32 s0, s0, #2", 0xeebf, 0x0a47, 0x14087a09},
    {"vcvt.f32.u16 s0, s0, #2", 0xeebb, 0x0a47, 0xde68f2e1},
    {"vcvt.u16.f32 s0, s0, #7", 0xeebf, 0x0a64, 0xeb25e27d},
    {"vcvt.f32.u16 s0, s0, #7", 0xeebb, 0x0a64, 0x39746255},
    {"vcvt.u16.f32 s0, s0, #8", 0xeebf, 0x0a44, 0x6af10853},
    {"vcvt.f32.u16 s0, s0, #8", 0xeebb, 0x0a44, 0x6a75a66e},
    {"vcvt.u16.f32 s0, s0, #15", 0xeebf, 0x0a60, 0x6121fe23},
    {"vcvt.f32.u16 s0, s0, #15", 0xeebb, 0x0a60, 0xf32b9dd2},
    {"vcvt.u16.f32 s0, s0, #16", 0xeebf, 0x0a40, 0xb67cb4b1},
    {"vcvt.f32.u16 s0, s0, #16", 0xeebb, 0x0a40, 0xf72a655b},
    {"vcvt.s32.f32 s0, s0, #1", 0xeebe, 0x0aef, 0xb3d09c39},
    {"vcvt.f32.s32 s0, s0, #1", 0xeeba, 0x0aef, 0xf56f6fe1},
    {"vcvt.s32.f32 s0, s0, #2", 0xeebe, 0x0acf, 0x6922d6f6},
    {"vcvt.f32.s32 s0, s0, #2", 0xeeba, 0x0acf, 0xd99ecd20},
    {"vcvt.s32.f32 s0, s0, #7", 0xeebe, 0x0aec, 0xd3e8f66f},
    {"vcvt.f32.s32 s0, s0, #7", 0xeeba, 0x0aec, 0xcd2c60e9},
    {"vcvt.s32.f32 s0, s0, #8", 0xeebe, 0x0acc, 0x7318a973},
    {"vcvt.f32.s32 s0, s0, #8", 0xeeba, 0x0acc, 0x1bac76c6},
    {"vcvt.s32.f32 s0, s0, #15", 0xeebe, 0x0ae8, 0xcee97103},
    {"vcvt.f32.s32 s0, s0, #15", 0xeeba, 0x0ae8, 0xf80806de},
    {"vcvt.s32.f32 s0, s0, #16", 0xeebe, 0x0ac8, 0xad90bbf0},
    {"vcvt.f32.s32 s0, s0, #16", 0xeeba, 0x0ac8, 0x5ca76c49},
    {"vcvt.s32.f32 s0, s0, #20", 0xeebe, 0x0ac6, 0xc341e303},
    {"vcvt.f32.s32 s0, s0, #20", 0xeeba, 0x0ac6, 0x27826b84},
    {"vcvt.s32.f32 s0, s0, #31", 0xeebe, 0x0ae0, 0xca12953c},
    {"vcvt.f32.s32 s0, s0, #31", 0xeeba, 0x0ae0, 0xf630a0c5},
    {"vcvt.s32.f32 s0, s0, #32", 0xeebe, 0x0ac0, 0xac68c495},
    {"vcvt.f32.s32 s0, s0, #32", 0xeeba, 0x0ac0, 0x749d397c},
    {"vcvt.u32.f32 s0, s0, #1", 0xeebf, 0x0aef, 0x8a6cf9d6},
    {"vcvt.f32.u32 s0, s0, #1", 0xeebb, 0x0aef, 0x9475b440},
    {"vcvt.u32.f32 s0, s0, #2", 0xeebf, 0x0acf, 0x13a93b74},
    {"vcvt.f32.u32 s0, s0, #2", 0xeebb, 0x0acf, 0xb80ea467},
    {"vcvt.u32.f32 s0, s0, #7", 0xeebf, 0x0aec, 0x2a1fe1d6},
    {"vcvt.f32.u32 s0, s0, #7", 0xeebb, 0x0aec, 0xe62634e4},
    {"vcvt.u32.f32 s0, s0, #8", 0xeebf, 0x0acc, 0x2792a984},
    {"vcvt.f32.u32 s0, s0, #8", 0xeebb, 0x0acc, 0x2595df8f},
    {"vcvt.u32.f32 s0, s0, #15", 0xeebf, 0x0ae8, 0x1da9a717},
    {"vcvt.f32.u32 s0, s0, #15", 0xeebb, 0x0ae8, 0x99139bd6},
    {"vcvt.u32.f32 s0, s0, #16", 0xeebf, 0x0ac8, 0x32eac38a},
    {"vcvt.f32.u32 s0, s0, #16", 0xeebb, 0x0ac8, 0xb1bff0e5},
    {"vcvt.u32.f32 s0, s0, #20", 0xeebf, 0x0ac6, 0x69e04c1d},
    {"vcvt.f32.u32 s0, s0, #20", 0xeebb, 0x0ac6, 0xaf2c8338},
    {"vcvt.u32.f32 s0, s0, #31", 0xeebf, 0x0ae0, 0x816d265a},
    {"vcvt.f32.u32 s0, s0, #31", 0xeebb, 0x0ae0, 0x989098f9},
    {"vcvt.u32.f32 s0, s0, #32", 0xeebf, 0x0ac0, 0xef900cf2},
    {"vcvt.f32.u32 s0, s0, #32", 0xeebb, 0x0ac0, 0xbd76cf14},
    {"vcvt.s16.f32 s0, s0, #-1", 0xeebe, 0x0a68, 0xebb7db30},
    {"vcvt.f32.s16 s0, s0, #-1", 0xeeba, 0x0a68, 0x7a0f3062},
    {"vcvt.u16.f32 s0, s0, #-1", 0xeebf, 0x0a68, 0x9032dc76},
    {"vcvt.f32.u16 s0, s0, #-1", 0xeebb, 0x0a68, 0xd94b8b85},
    {"vcvt.s16.f32 s0, s0, #-7", 0xeebe, 0x0a6b, 0x78bdc0f5},
    {"vcvt.f32.s16 s0, s0, #-7", 0xeeba, 0x0a6b, 0x3fc92638},
    {"vcvt.u16.f32 s0, s0, #-7", 0xeebf, 0x0a6b, 0x02b7548c},
    {"vcvt.f32.u16 s0, s0, #-7", 0xeebb, 0x0a6b, 0x15609c1c},
    {"vcvt.s16.f32 s0, s0, #-8", 0xeebe, 0x0a4c, 0xbd60e63c},
    {"vcvt.f32.s16 s0, s0, #-8", 0xeeba, 0x0a4c, 0x44616061},
    {"vcvt.u16.f32 s0, s0, #-8", 0xeebf, 0x0a4c, 0x5896bded},
    {"vcvt.f32.u16 s0, s0, #-8", 0xeebb, 0x0a4c, 0xf3ed3f44},
    {"vcvt.s16.f32 s0, s0, #-15", 0xeebe, 0x0a6f, 0x39344d6b},
    {"vcvt.f32.s16 s0, s0, #-15", 0xeeba, 0x0a6f, 0xfc46b8d4},
    {"vcvt.u16.f32 s0, s0, #-15", 0xeebf, 0x0a6f, 0x9e6f01d1},
    {"vcvt.f32.u16 s0, s0, #-15", 0xeebb, 0x0a6f, 0x53c08838},
    {"vcvtb.f16.f32 s0, s2", 0xeeb3, 0x0a41, 0xe3fa1635},
    {"vcvtt.f16.f32 s0, s2", 0xeeb3, 0x0ac1, 0xce0b7fc3},
    {"vcvtb.f32.f16 s0, s2", 0xeeb2, 0x0a41, 0x9ffd0034},
    {"vcvtt.f32.f16 s0, s2", 0xeeb2, 0x0ac1, 0x769fec20},
    {"vmov s0, r7", 0xee00, 0x7a10, 0x75a0b3fc},
    {"vmov r7, s0", 0xee10, 0x7a10, 0xa670f973},
    {"vmov s0, s1, r7, r5", 0xec45, 0x7a10, 0x2052dc4c},
    {"vmov r7, r5, s0, s1", 0xec55, 0x7a10, 0xf8876f0e},
    {"vmov.32 d0[0], r7", 0xee00, 0x7b10, 0x75a0b3fc},
    {"vmov.32 d0[1], r7", 0xee20, 0x7b10, 0x55a1bc4f},
    {"vmov.32 r7, d0[0]", 0xee10, 0x7b10, 0xa670f973},
    {"vmov.32 r7, d0[1]", 0xee30, 0x7b10, 0x47cb4a5d},
    {"vmsr fpscr, r7", 0xeee1, 0x7a10, 0x144f04ea},
    {"vmrs r7, fpscr", 0xeef1, 0x7a10, 0x9b5ac386},
    {"vmrs apsr_nzcv, fpscr", 0xeef1, 0xfa10, 0xaee07f6a},
};

// As of the program that made the digests.
class Operands {
 public:
  uint32_t Next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<uint32_t>(state_ >> 20U);
  }

  // Often special, denormal, near 1 or near the one before.
  uint32_t Operand() {
    constexpr std::array<uint32_t, 16> kSpecial = {0,          1,          0x7fffffff, 0x80000000,
                                                   0xffffffff, 0x80008000, 0x7fff7fff, 0x00800000,
                                                   0x3f800000, 0x7f7fffff, 0x7f800000, 0x7f800001,
                                                   0x7fc00000, 0x4f000000, 0x477fe000, 0x33000000};
    const uint32_t bits = Next();
    const uint32_t pick = Next();
    switch (pick & 7U) {
      case 0:
        last_ = kSpecial[bits & 15U] ^ (pick & 0x80000000U);
        break;
      case 1:
        last_ = bits & 0x807fffffU;
        break;
      case 2:
        last_ = (bits & 0x807fffffU) | (100 + (pick >> 8U & 63U)) << 23U;
        break;
      case 3:
        last_ = (last_ ^ (bits & 0x80000007U)) + ((pick >> 8U & 3U) << 23U);
        break;
      case 4:
        last_ = bits >> (pick >> 8U & 31U);
        break;
      default:
        last_ = bits;
    }
    return last_;
  }

 private:
  uint64_t state_ = 0x2545f4914f6cdd1d;
  uint32_t last_ = 0;
};

Handler HandlerOf(const Decoded& decoded) {
  for (const auto group : {BitsHandler, MultiplyHandler, ParallelHandler, FloatHandler}) {
    if (const Handler handler = group(decoded)) return handler;
  }
  return nullptr;
}

uint32_t DigestOf(const Decoded& decoded, Handler handler) {
  Operands operands;
  uint64_t digest = 0;
  for (int round = 0; round < 1000; ++round) {
    Core core;
    const uint32_t flags = operands.Next();
    core.SetNzcv(flags);
    core.saturated = flags >> 27U & 1U;
    core.greater_equal = flags >> 16U & 15U;
    for (int i = 4; i < 8; ++i) core.r[i] = operands.Operand();
    for (int i = 0; i < 3; ++i) core.s[i] = operands.Operand();
    core.fpscr = flags << 16U & 0xf7c00000U;
    if (!RunOne(core, handler, decoded)) return 0;
    for (const uint32_t word : {core.Apsr(), core.r[4], core.r[5], core.r[6], core.r[7], core.s[0],
                                core.s[1], core.s[2], core.fpscr}) {
      digest = (digest ^ word) * 0x9e3779b97f4a7c15;
      digest ^= digest >> 32U;
    }
  }
  return static_cast<uint32_t>(digest);
}

TEST(ArithmeticDigestsTest, EveryInstructionDoesWhatQemuDid) {
  for (const auto& [text, first, second, digest] : kCases) {
    const Decoded decoded = Decode(first, second, kTestPc, false, DecoderOptions());
    const Handler handler = HandlerOf(decoded);
    ASSERT_NE(handler, nullptr) << text;
    EXPECT_EQ(DigestOf(decoded, handler), digest) << text;
  }
}

}  // namespace
}  // namespace percuss::rehost
