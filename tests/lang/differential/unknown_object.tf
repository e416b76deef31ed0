# What is made of an object of which only the type is known.
resource "terraform_data" "t" { input = { a = "x", b = 2 } }
locals {
  u = terraform_data.t.output
}
output "a" { value = [for x in local.u : x] }
output "b" { value = { for k, v in local.u : k => v } }
output "c" { value = keys(local.u) }
output "d" { value = values(local.u) }
output "e" { value = local.u.a }
output "f" { value = merge(local.u, { c = 1 }) }
output "g" { value = lookup(local.u, "a", 1) }
output "h" { value = length(local.u) }
output "i" { value = tomap(local.u) }
output "j" { value = local.u == { a = "x", b = 2 } }
output "k" { value = "${local.u.b}x" }
output "l" { value = local.u[*] }
output "m" { value = local.u[*].a }
output "n" { value = try(local.u.c, "d") }
output "o" { value = can(local.u.a) }
output "p" { value = contains(keys(local.u), "a") }
output "q" { value = jsonencode(local.u) }
output "r" { value = setproduct(keys(local.u), ["x"]) }
output "s" { value = transpose({ a = ["x"] }) }
output "t" { value = matchkeys(["a"], [local.u.a], ["x"]) }
