// SPDX-License-Identifier: Apache-2.0
//
// Expressions of a protocol's description: numbers, fields, functions of fields, and C's operators
// with C's precedence but for & ^ |, which bind before comparisons.
#pragma once

#include <string>

#include "protocols/description_line.h"
#include "protocols/model.h"

namespace percuss::protocols {

// The place of `name` in the model's names, where it is put if it is new.
int Intern(Model& model, const std::string& name);

// Its place in the model's expressions. Throws DescriptionMistake.
int ReadExpression(DescriptionLine& line, Model& model);

// True when it is of fields, and not of numbers only.
[[nodiscard]] bool DependsOnFields(const Model& model, int expression);

}  // namespace percuss::protocols
