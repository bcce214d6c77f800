use super::*;

fn small(machines: usize, windows_per_machine: usize) -> PlantConfig {
    PlantConfig { machines, windows_per_machine, ..PlantConfig::default() }
}

fn counts(dataset: &Dataset, channel: usize) -> &[i16] {
    match &dataset.channels[channel].data {
        ChannelData::Counts { counts, .. } => counts,
        ChannelData::Values(_) => unreachable!("the plant gives counts"),
    }
}

#[test]
fn same_seed_gives_the_same_fleet_on_any_number_of_threads() {
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("thread pool");
        pool.install(|| simulate(&small(4, 10))).sha256
    };
    assert_eq!(on_threads(1), on_threads(3));
    assert_ne!(simulate(&PlantConfig { seed: 2, ..small(4, 10) }).sha256, on_threads(2));
}

#[test]
fn smaller_fleet_and_shorter_record_are_parts_of_the_larger() {
    let (large, less) = (simulate(&small(3, 12)), simulate(&small(2, 9)));
    for (channel, plant_channel) in CHANNELS.iter().enumerate() {
        let samples = plant_channel.samples;
        for machine in 0..2 {
            let of = |dataset: &Dataset, windows: usize| {
                counts(dataset, channel)[machine * windows * samples..][..9 * samples].to_vec()
            };
            assert_eq!(of(&large, 12), of(&less, 9), "{}", plant_channel.name);
        }
    }
}

#[test]
fn rows_go_machine_by_machine_in_time_and_every_array_has_its_length() {
    let dataset = simulate(&small(3, 15));
    assert_eq!(dataset.rows, 45);
    let (groups, hours) = (dataset.groups.as_ref().expect("groups"), dataset.hours.as_ref().expect("hours"));
    assert_eq!(groups.len(), 45);
    assert!((1..45).all(|row| (groups[row - 1], hours[row - 1]) < (groups[row], hours[row])));
    for (channel, plant_channel) in CHANNELS.iter().enumerate() {
        assert_eq!(counts(&dataset, channel).len(), 45 * plant_channel.samples);
        let window_s = plant_channel.samples as f64 / plant_channel.rate_hz;
        assert!((window_s - f64::from(WINDOW_MS) / 1000.0).abs() < 1e-9, "{}", plant_channel.name);
    }
}

#[test]
fn default_project_is_valid_and_names_what_the_plant_gives() {
    let project = crate::config::parse(DEFAULT_PROJECT, "plant.toml").expect("a valid project");
    let dataset = simulate(&small(2, 2));
    let names = |names: &[String]| names.join(" ");
    let channels: Vec<String> = dataset.channels.iter().map(|channel| channel.name.clone()).collect();
    assert_eq!(
        names(&project.channels.iter().map(|channel| channel.name.clone()).collect::<Vec<_>>()),
        names(&channels)
    );
    for (config, task) in project.tasks.iter().zip(&dataset.tasks) {
        assert_eq!(
            (&config.name, config.role, config.kind, &config.unit),
            (&task.name, task.role, task.kind, &task.unit)
        );
        assert_eq!(config.classes, task.class_names);
    }
    assert_eq!(project.tasks.len(), dataset.tasks.len());
}
