use super::*;

const RIGHT: &str = r#"name = "rock64"
title = "A board"
machine = "aarch64"
tried = "built"
[recognise]
compatible = ["pine64,rock64"]
[[lamp]]
colour = "white"
led = "led-1"
[watchdog]
module = "dw_wdt"
[modules]
storage = ["ext4"]
[kernel]
package = "linux-image-arm64"
[console]
arguments = "console=ttyS2"
[boot]
method = "u-boot"
u_boot = { package = "u-boot-rockchip", parts = [{ file = "idbloader.img", sector = 64 }] }
[budget]
ram_mb = 1024
spool_mb = 4096
log_mb = 64
firmware_mb = 48
"#;

#[test]
fn wrong_ones_say_where() {
    for (from, to, said) in [
        (
            "name = \"rock64\"",
            "name = \"rock\"",
            "1:8: name: found \"rock\"; allowed: the file's name, \"rock64\"",
        ),
        (
            "machine = \"aarch64\"",
            "machine = \"arm64\"",
            "machine: found \"arm64\"; allowed: \"aarch64\", \"x86_64\"",
        ),
        (
            "tried = ",
            "tryed = ",
            "tryed: unknown setting; did you mean `tried`?",
        ),
        (
            "tried = ",
            "tryed = ",
            "tried: missing; allowed: \"booted\", \"built\"",
        ),
        (
            "[watchdog]",
            "[watchdog]\nmodule = 7\n[other]",
            "watchdog.module: found 7; allowed: a text in quotes",
        ),
        ("ram_mb = ", "ram_mb = -", "budget.ram_mb: found -"),
        (
            "sector = 64",
            "sector = 40000",
            "boot.u_boot.parts[1].sector: found 40000; allowed: 1 to 32767",
        ),
        ("[boot]", "[boot", "not TOML"),
        (
            "colour = ",
            "colour = \"pink\" #",
            "lamp[1].colour: found \"pink\"; allowed: \"green\"",
        ),
        (
            "led = ",
            "lead = ",
            "lamp[1].gpio: missing; allowed: one of gpio and led",
        ),
        (
            "method = \"u-boot\"",
            "method = \"uefi\"",
            "boot.u_boot: found a table; allowed: only with method = \"u-boot\"",
        ),
    ] {
        let wrong = RIGHT.replacen(from, to, 1);
        assert_ne!(wrong, RIGHT, "{from}");
        let error = parse(&wrong, "rock64").unwrap_err().to_string();
        assert!(error.contains(said), "{from} -> {to}: {error}");
        assert!(error.starts_with("board/rock64.toml:"), "{error}");
    }
}

#[test]
fn a_lamp_of_three_colours_has_all_three() {
    let lamp = |colour: &str| format!("[[lamp]]\ncolour = \"{colour}\"\nled = \"{colour}\"\n");
    let board = |colours: [&str; 3]| {
        let (top, rest) = RIGHT.split_once("[[lamp]]").unwrap();
        let rest = rest.split_once("[watchdog]").unwrap().1;
        let (top, marks) = top.split_once("[recognise]").unwrap();
        format!(
            "{top}rgb = true\n[recognise]{marks}{}[watchdog]{rest}",
            colours.map(lamp).concat()
        )
    };
    let right = parse(&board(["red", "green", "blue"]), "rock64").unwrap();
    assert!(right.lamps.rgb);
    let error = parse(&board(["red", "green", "amber"]), "rock64")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("rgb: found true; allowed: only with three lamps"),
        "{error}"
    );
}
