/** Starts the page. */
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/app.css';
import Root from './Root.svelte';

const target = document.getElementById('app');
if (target) mount(Root, { target });
